#include "relay/admission.h"

#include <cassert>
#include <utility>

namespace postern::relay {

Admission::Admission(const limits::Options& options, const Clock& clock, Timers& timers)
    : clock_(clock),
      governor_(options),
      wake_(timers.make([this] { on_wake(); })),
      late_(timers.make([this] { on_late(); })) {}

Admission::~Admission() {
  assert(first_unsent_ == nullptr && governor_.waiting() == 0);
}

// ------------------------------------------------------------------------- what the timers do

// A holder may do anything but destroy this: each turn asks anew.
void Admission::on_wake() {
  wake_at_ = kNever;
  while (std::optional<limits::Ready> ready = governor_.poll(clock_.now())) {
    Pass& pass = *reinterpret_cast<Pass*>(ready->tag);
    pass.accept(std::move(*ready));
  }
  ask_fleet();
  look_again();
}

void Admission::share(std::string replica, limits::Fleet& fleet) {
  governor_.share(std::move(replica));
  fleet_ = &fleet;
}

void Admission::ask_fleet() {
  if (fleet_ == nullptr) return;
  while (const auto ask = governor_.next_question(clock_.now())) fleet_->ask(*ask);
  while (const auto ask = governor_.next_parts_question(clock_.now())) fleet_->ask(*ask);
}

void Admission::on_parts_answer(uint64_t id, const std::optional<limits::PartsAnswer>& answer) {
  if (answer) {
    governor_.on_parts_answer(id, *answer, clock_.now());
  } else {
    governor_.on_parts_failure(id);
  }
  look_again();
}

void Admission::on_share_answer(uint64_t id, const std::optional<limits::ShareAnswer>& answer) {
  if (answer) {
    governor_.on_share_answer(id, *answer, clock_.now());
  } else {
    governor_.on_share_failure(id, clock_.now());
  }
  look_again();
}

void Admission::set_options(const limits::Options& options) {
  governor_.set_options(options, clock_.now());
  look_again();
}

void Admission::refuse_all() {
  governor_.refuse_all(clock_.now());
  on_wake();
}

void Admission::look_again() {
  const Instant next = governor_.next_wakeup().value_or(kNever);
  if (next == wake_at_) return;
  wake_at_ = next;
  if (next == kNever) return wake_->clear();
  next <= clock_.now() ? wake_->set_soon() : wake_->set(next);
}

void Admission::on_late() {
  const Instant now = clock_.now();
  while (first_unsent_ != nullptr && first_unsent_->admitted_ + kMostUnsent <= now) {
    Pass& pass = *first_unsent_;
    unwatch(pass);
    pass.holder_.on_unsent();
  }
  late_is_set_ = first_unsent_ != nullptr;
  if (late_is_set_) late_->set(first_unsent_->admitted_ + kMostUnsent);
}

// The timer runs on when what it was set for has been sent: setting it for each call would cost
// more than waking in vain now and then.
void Admission::watch(Pass& pass) {
  pass.is_unsent_ = true;
  pass.before_ = last_unsent_;
  pass.after_ = nullptr;
  (last_unsent_ != nullptr ? last_unsent_->after_ : first_unsent_) = &pass;
  last_unsent_ = &pass;
  if (!std::exchange(late_is_set_, true)) late_->set(pass.admitted_ + kMostUnsent);
}

void Admission::unwatch(Pass& pass) {
  if (!std::exchange(pass.is_unsent_, false)) return;
  (pass.before_ != nullptr ? pass.before_->after_ : first_unsent_) = pass.after_;
  (pass.after_ != nullptr ? pass.after_->before_ : last_unsent_) = pass.before_;
}

// ------------------------------------------------------------------------------------- one request

Admission::Pass::Answer Admission::Pass::ask(limits::Request request) {
  assert(!ticket_ && !permit_);
  // A ticket that has gone gets no news, and the ticket goes with the pass.
  request.tag = reinterpret_cast<uintptr_t>(this);
  const Instant at = now();
  limits::Governor::Admission admission = admission_->governor_.admit(request, at);
  Answer answer = Answer::kRefused;
  if (auto* permit = std::get_if<limits::Permit>(&admission)) {
    hold(std::move(*permit), at);
    answer = Answer::kGo;
  } else if (auto* ticket = std::get_if<limits::Ticket>(&admission)) {
    ticket_ = std::move(*ticket);
    answer = Answer::kWait;
  } else {
    refusal_ = std::get<limits::Refusal>(admission);
  }
  admission_->look_again();
  return answer;
}

void Admission::Pass::hold(limits::Permit permit, Instant now) {
  permit_ = std::move(permit);
  admitted_ = now;
  if (is_watched_) admission_->watch(*this);
}

void Admission::Pass::accept(limits::Ready ready) {
  ticket_ = {};
  if (auto* permit = std::get_if<limits::Permit>(&ready.outcome)) {
    hold(std::move(*permit), now());
    holder_.on_admitted();
  } else {
    holder_.on_refused(std::get<limits::Refusal>(ready.outcome));
  }
}

void Admission::Pass::on_sent(Instant now) {
  if (!permit_) return;
  admission_->unwatch(*this);
  is_watched_ = true;
  permit_.on_sent(now);
  admission_->look_again();
}

bool Admission::Pass::on_answer(const limits::Answer& answer,
                                std::optional<Duration>& retry_after) {
  if (!permit_) return false;
  admission_->unwatch(*this);
  limits::Verdict verdict = permit_.on_answer(answer, now());
  retry_after = verdict.retry_after;
  if (verdict.again) ticket_ = std::move(*verdict.again);
  admission_->look_again();
  return waits();
}

void Admission::Pass::on_failure() {
  if (!permit_) return;
  admission_->unwatch(*this);
  permit_.on_failure(now());
  admission_->look_again();
}

void Admission::Pass::give_back() {
  if (!permit_) return;
  admission_->unwatch(*this);
  permit_.give_back(now());
  admission_->look_again();
}

void Admission::Pass::drop() {
  if (!ticket_ && !permit_) return;
  admission_->unwatch(*this);
  ticket_ = {};
  permit_ = {};
  admission_->look_again();
}

}  // namespace postern::relay
