#include "limits/fleet_share.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

namespace postern::limits {
namespace {

constexpr int64_t kUnheard = 5;  // calls of a fleet that knows nothing
constexpr int64_t kMostReplicas = 10'000;
constexpr Seconds kMemory = 2;    // windows that the rate of arrivals looks back
constexpr double kSpacing = 0.9;  // of a window: where it begins is known a little better each time
constexpr Seconds kBoundary = 0.005;  // into a window, so that it is the next one for sure

double as_double(int64_t value) {
  return static_cast<double>(value);
}

bool is_long(int64_t length) {
  return as_double(length) > FleetShare::kLongest;
}

// From one question to the next, whatever becomes known of windows meanwhile.
Seconds spacing(int64_t length) {
  if (length == 0) return FleetShare::kShortest;
  return is_long(length) ? FleetShare::kLongest : kSpacing * as_double(length);
}

// Differs between replicas, so that they do not all ask at once nor all take the same remainder.
double place_of(const std::string& replica) {
  return as_double(static_cast<int64_t>(std::hash<std::string>()(replica) % 1000)) / 1000;
}

}  // namespace

FleetShare::FleetShare(ShareBoard& board, Slot& slot)
    : board_(&board), slot_(&slot), place_(place_of(board.replica())), part_(place_) {}

FleetShare::~FleetShare() {
  book(std::nullopt);
  board_->forget(*this);
}

void FleetShare::book(std::optional<Seconds> when) {
  if (due_ == when) return;
  board_->book(*this, due_, when);
  due_ = when;
}

Seconds FleetShare::period() const {
  return length_ == 0 ? kShortest : std::min(as_double(length_), kLongest);
}

// When the next question may be asked; it may have been long ago.
Seconds FleetShare::free_from(const ShareView& view) const {
  const Seconds free = asked_at_ + spacing(view.length);
  const bool has_asked = view.reset != 0 && !is_long(view.length) && view.reset == asked_in_;
  return has_asked ? std::max(free, view.ends + kBoundary) : free;
}

void FleetShare::on_arrival(Seconds now) {
  ++arrivals_;
  if (!due_ && !asked_ && now - asked_at_ >= period()) book(now);
}

// Who has been told its part of the window asks at the end of it.
void FleetShare::on_held_up(int64_t reset, Seconds now) {
  const bool has_part = reset != 0 && !is_long(length_) && find(reset) != nullptr;
  if (asked_ || has_part) return;
  const Seconds when = std::max(now, asked_at_ + period());
  if (!due_ || *due_ > when) book(when);
}

void FleetShare::give_up_when_overdue(Seconds now) {
  if (asked_ && now - asked_at_ >= kPatience) away_ = true;
}

bool FleetShare::is_awaited(int64_t reset, Seconds now) const {
  const bool has_part = reset != 0 && find(reset) != nullptr;
  if (away_ || has_part) return false;
  return asked_ ? now - asked_at_ < kPatience : due_ && *due_ <= now;
}

std::optional<Seconds> FleetShare::gives_up_at() const {
  if (!asked_ || away_) return std::nullopt;
  return asked_at_ + kPatience;
}

int64_t FleetShare::equal_parts() const {
  return std::clamp(board_->listed(), replicas_, kMostReplicas);
}

const FleetShare::Allotment* FleetShare::find(int64_t reset) const {
  for (const Allotment& allotment : allotments_)
    if (allotment.reset == reset) return &allotment;
  return nullptr;
}

void FleetShare::allot(int64_t reset, double calls) {
  for (Allotment& allotment : allotments_) {
    if (allotment.reset != reset) continue;
    allotment.calls = calls;
    return;
  }
  allotments_[next_] = {reset, calls};
  next_ = (next_ + 1) % allotments_.size();
}

double FleetShare::allotted(int64_t reset, double budget, Seconds now) {
  if (const Allotment* allotment = find(reset)) return allotment->calls;
  give_up_when_overdue(now);
  if (!away_) return 0;
  part_ += std::floor(budget) / as_double(equal_parts());
  const double whole = std::floor(part_ + 1e-9);
  part_ -= whole;
  allot(reset, whole);
  return whole;
}

int64_t FleetShare::unheard(Seconds now) {
  give_up_when_overdue(now);
  return away_ ? std::max<int64_t>(1, kUnheard / equal_parts()) : unheard_;
}

int64_t FleetShare::slots(int64_t all, Seconds now) {
  give_up_when_overdue(now);
  if (away_) return std::max<int64_t>(1, all / equal_parts());
  return slots_ == 0 ? all : std::min(all, slots_);
}

double FleetShare::fair(double budget) const {
  return away_ || fair_ == 0 ? budget / as_double(equal_parts()) : fair_;
}

double FleetShare::stagger(int64_t reset) const {
  constexpr double kGolden = 0.6180339887;  // spreads the places of successive windows evenly
  const double turn = place_ + kGolden * as_double(reset % 1000);
  return turn - std::floor(turn);
}

ShareStatus FleetShare::status(Seconds now) const {
  ShareStatus status;
  status.replicas = away_ ? equal_parts() : replicas_;
  status.is_alone = away_;
  if (!told_) return status;
  status.age = now - told_->at;
  status.is_over = now >= told_->ends;
  status.budget = told_->budget;
  status.taken = std::max(told_->answer.taken, told_->own);
  status.own = told_->own;
  if (told_->answer.past.reset != 0) status.spent = told_->answer.past;
  return status;
}

void FleetShare::learn_rate(Seconds now) {
  const Seconds span = now - asked_at_;
  const Seconds memory = kMemory * std::max(1.0, as_double(length_));
  const Seconds least = std::max(span, period() / 2);
  const double weight = 1 - std::exp(-span / memory);
  rate_ += weight * (as_double(arrivals_) / least - rate_);
  arrivals_ = 0;
}

// Whole calls, right on average.
int64_t FleetShare::expected(const ShareView& view) {
  remainder_ += rate_ * as_double(view.length);
  const double whole = std::floor(remainder_);
  remainder_ -= whole;
  return static_cast<int64_t>(whole);
}

// While the fleet leaves much of its budget, nobody need wait because more has come than was
// likely. Half of what is left, so that with what all ask for in this way a third of it stays.
int64_t FleetShare::headroom() const {
  if (!told_) return 0;
  return std::max<int64_t>(0, told_->budget - told_->answer.taken) / (2 * equal_parts());
}

std::optional<ShareQuestion> FleetShare::ask(const ShareView& view, Seconds now) {
  book(std::nullopt);
  if (asked_) return std::nullopt;
  if (arrivals_ == 0 && view.waiting == 0) return std::nullopt;
  if (const Seconds free = free_from(view); free > now) {
    book(free);
    return std::nullopt;
  }
  was_idle_ = asked_in_ != 0 && now - asked_at_ > 2 * std::max(as_double(view.length), kShortest);
  asked_in_ = view.reset;
  length_ = view.length;
  learn_rate(now);
  ShareQuestion question;
  question.replica = board_->replica();
  question.replicas = replicas_;
  question.waiting = view.waiting;
  if (view.reset != 0) {
    const Allotment* present = find(view.reset);
    question.reset = view.reset;
    question.length = view.length;
    question.budget = view.budget;
    question.used = view.used;
    question.held = present == nullptr ? 0 : static_cast<int64_t>(present->calls);
    // What comes after the first request nobody knows; the next question is a window away.
    const int64_t ahead = was_idle_ ? view.budget / (2 * equal_parts()) : 0;
    const double rest = std::max(rate_ * std::max(0.0, view.ends - now), as_double(ahead));
    question.wanted = view.used + view.waiting + static_cast<int64_t>(rest + 0.5);
    question.waiting =
        std::max<int64_t>(0, view.waiting - std::max<int64_t>(0, question.held - view.used));
    question.expected = std::max(expected(view) + headroom(), ahead);
    question.is_sure = view.is_sure;
    question.slots = view.slots;
    question.past = view.past;
    // What is given back must not be used before the answer comes.
    if (question.wanted < question.held) allot(view.reset, as_double(question.wanted));
    book_next(view, now);
  }
  asked_ = question;
  asked_window_ends_ = view.ends;
  asked_at_ = now;
  return question;
}

void FleetShare::book_next(const ShareView& view, Seconds now) {
  const auto length = as_double(view.length);
  const Seconds lead = (0.15 + 0.2 * place_) * std::min(length, 4.0);
  const Seconds when = view.ends - lead;
  const bool is_soon = !is_long(view.length) || when < now + kLongest;
  book(is_soon ? when + length : when);
}

// Whatever the answer says, no more than the budget goes from here.
void FleetShare::on_answer(const ShareAnswer& answer, Seconds now) {
  if (!asked_) return;
  const ShareQuestion question = *asked_;
  asked_.reset();
  away_ = false;
  replicas_ = std::clamp<int64_t>(answer.replicas, 1, kMostReplicas);
  if (question.reset == 0) {
    unheard_ = std::min(answer.unheard, kUnheard);
    if (unheard_ == 0) book(asked_at_ + kShortest);  // others find out about windows meanwhile
    return;
  }
  fair_ = std::min(answer.fair, as_double(question.budget));
  slots_ = answer.slots;
  const int64_t present = std::max(std::min(answer.now, question.budget), question.used);
  allot(question.reset, as_double(present));
  allot(question.reset + question.length, as_double(std::min(answer.next, question.budget)));
  told_ = Told{answer, question.budget, present, now, asked_window_ends_};
}

void FleetShare::on_failure(Seconds now) {
  if (!asked_) return;
  const bool knew = asked_->reset != 0;
  asked_.reset();
  away_ = true;
  if (!knew) book(std::max(now, asked_at_ + kShortest));
}

}  // namespace postern::limits
