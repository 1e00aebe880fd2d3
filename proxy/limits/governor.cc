#include "limits/governor.h"

#include <algorithm>

namespace postern::limits {
namespace {

constexpr double kCaution = 1.1;     // forecasts waver: who is let in should get through
constexpr Seconds kReview = 0.25;    // between two comparisons of a queue's forecasts and deadlines
constexpr size_t kReviewed = 256;    // entries looked at each time
constexpr Seconds kProbeAfter = 10;  // a bucket held up by a guess lets one call go
constexpr size_t kSpareJobs = 64;    // kept so that the usual request allocates nothing

bool is_too_long(Seconds wait, Seconds patience) {
  return wait * kCaution > patience || patience <= 0;
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::kRateLimited:
      return "rate_limited";
    case Reason::kQueueFull:
      return "queue_full";
    case Reason::kUpstreamResting:
      return "upstream_resting";
    case Reason::kDraining:
      return "draining";
  }
  return "rate_limited";
}

Governor::Governor(const Options& options)
    : options_(options), jitter_(options.seed), retries_(options), families_(options, totals_) {}

Governor::~Governor() = default;

void Governor::set_options(const Options& options, Instant at) {
  const Seconds now = now_ = seconds(at);
  options_ = options;
  retries_.set_options(options);
  families_.set_options(options);
  for (Family& family : families_.all())
    for (const std::unique_ptr<Slot>& slot : family.slots()) schedule(*slot, now);
}

// In the steady state this and drop() take turns with the same memory.
Governor::Job& Governor::begin(const Request& request, Family& family, Seconds now) {
  const uint64_t id = ++next_id_;
  Job* made = nullptr;
  if (spare_jobs_.empty()) {
    made = &jobs_[id];
  } else {
    Jobs::node_type node = std::move(spare_jobs_.back());
    spare_jobs_.pop_back();
    node.key() = id;
    made = &jobs_.insert(std::move(node)).position->second;
  }
  Job& job = *made;
  job.id = id;
  job.serial = 0;
  job.tag = request.tag;
  job.idempotent = request.idempotent;
  job.replayable = request.replayable;
  job.family = &family;
  job.route = family.route(request.route);
  job.calls = job.tries = 0;
  job.entry.id = id;
  job.entry.caller = request.caller;
  job.entry.client = request.client;
  job.entry.urgency = request.urgency;
  job.entry.arrival = now;
  job.entry.deadline = std::min(seconds(request.deadline), now + seconds(options_.max_wait));
  job.entry.bytes = request.bytes;
  job.entry.route = job.route;
  family.begin_request();
  return job;
}

void Governor::drop(uint64_t id) {
  Jobs::node_type node = jobs_.extract(id);
  node.mapped().family->end_request();
  if (spare_jobs_.size() < kSpareJobs) spare_jobs_.push_back(std::move(node));
}

Refusal Governor::refuse(Job& job, Reason reason, Seconds retry_after) {
  drop(job.id);
  return {reason, whole_seconds(retry_after)};
}

Governor::Admission Governor::admit(const Request& request, Instant at) {
  const Seconds now = now_ = seconds(at);
  Family* family = families_.get(request.user, request.host, request.group);
  if (family == nullptr) return Refusal{Reason::kQueueFull, std::chrono::seconds(1)};
  const Circuit& circuit = family->host().circuit;
  // Who has been let go before waits with those who wait.
  if (circuit.refuses(now) && !request.again)
    return Refusal{Reason::kUpstreamResting, whole_seconds(circuit.rests_until() - now)};
  Job& job = begin(request, *family, now);
  Slot& slot = family->slot_of(job.route);
  if (slot.share) slot.share->on_arrival(now);
  if (!request.again) retries_.on_request();
  if (slot.queue.empty() && decide(slot, now).go()) return open(job, slot, now);
  if (request.again) return enqueue(job, slot, Place::kFront, now);
  // What an answer of the fleet takes is no wait for a limit, nor is a moment to go without it.
  if (slot.bucket.awaits_fleet(now))
    job.entry.deadline = std::max(job.entry.deadline, now + 1.5 * FleetShare::kPatience);
  const size_t ahead = slot.queue.ahead_of(request.caller, request.client, request.urgency);
  const Seconds wait = forecast_for(slot, ahead, now);
  const Seconds patience = job.entry.deadline - now;
  note_wait(slot, request.route, wait, now);
  if (is_too_long(wait, patience)) {
    const Reason reason = reason_of(slot, wait, now);
    if (reason == Reason::kRateLimited) ++slot.refusals;
    return refuse(job, reason, wait * kCaution - std::max(0.0, patience));
  }
  slot.overtaking.on_join(ahead, slot.queue.size(), now);
  return enqueue(job, slot, Place::kBack, now);
}

Governor::Admission Governor::enqueue(Job& job, Slot& slot, Place place, Seconds now) {
  const Queue::Pushed pushed = slot.queue.push(job.entry, place);
  if (!pushed.accepted) return refuse(job, Reason::kQueueFull, 1 + forecast_for(slot, 0, now));
  if (pushed.displaced) doom(*pushed.displaced, Reason::kQueueFull, 1);
  job.state = State::kQueued;
  job.serial = 1;
  Ticket ticket(*this, job.id, job.serial);
  // Among others already waiting, only its deadline can be earlier than what is scheduled.
  if (slot.wake && slot.queue.size() > 1) {
    schedule_at(slot, std::min(*slot.wake, job.entry.deadline));
  } else {
    schedule(slot, now);
  }
  return ticket;
}

// What the bucket says, after the host's circuit; a bucket held up by a guess is not believed
// forever.
Decision Governor::decide(Slot& slot, Seconds now) const {
  const Circuit& circuit = slot.family->host().circuit;
  switch (circuit.gate(now)) {
    case Circuit::Gate::kRests:
      return {Blocker::kInFlight, circuit.rests_until()};
    case Circuit::Gate::kBusy:
      return {Blocker::kInFlight, std::nullopt};
    case Circuit::Gate::kOpen:
      break;
  }
  Decision decision = slot.bucket.decide(now);
  const bool is_guess = decision.blocker == Blocker::kBudget ||
                        decision.blocker == Blocker::kPace || decision.blocker == Blocker::kLost;
  if (!is_guess || slot.bucket.window_is_confirmed()) return decision;
  if (now - slot.last_go >= kProbeAfter) return {};
  const Seconds probe = slot.last_go + kProbeAfter;
  decision.until = decision.until ? std::min(*decision.until, probe) : probe;
  return decision;
}

Seconds Governor::forecast_for(Slot& slot, size_t ahead, Seconds now) const {
  const Outlook outlook = slot.bucket.outlook(now);
  const double before =
      slot.overtaking.before(ahead, slot.queue.size(), lasting_rate(outlook), now);
  return std::max(forecast(outlook, before + 1), slot.family->host().circuit.rests_until() - now);
}

// Why the wait is that long: the host rests, or its limit has no room.
Reason Governor::reason_of(const Slot& slot, Seconds wait, Seconds now) {
  const Seconds rest = slot.family->host().circuit.rests_until() - now;
  return rest > 0 && rest >= wait ? Reason::kUpstreamResting : Reason::kRateLimited;
}

Permit Governor::open(Job& job, Slot& slot, Seconds now) {
  slot.last_go = now;
  slot.bucket.reserve(job.id, job.route, now);
  job.state = State::kOpen;
  job.sent_at.reset();
  job.era = slot.family->host().circuit.begin();
  ++job.calls;
  return Permit(*this, job.id, ++job.serial);
}

std::optional<Ready> Governor::poll(Instant at) {
  const Seconds now = now_ = seconds(at);
  return_delayed(now);
  if (look_at_ && *look_at_ <= now) look_for_room(now);
  while (true) {
    if (std::optional<Ready> ready = next_doomed()) return ready;
    if (schedule_.empty() || std::get<0>(*schedule_.begin()) > now) return std::nullopt;
    Slot& slot = *std::get<2>(*schedule_.begin());
    drop_hopeless(slot, now);
    std::optional<Ready> ready = serve(slot, now);
    schedule(slot, now);
    if (ready) return ready;
  }
}

std::optional<Ready> Governor::serve(Slot& slot, Seconds now) {
  if (slot.queue.empty() || !decide(slot, now).go()) return std::nullopt;
  const std::optional<Entry> entry = slot.queue.take();
  Job& job = jobs_.at(entry->id);
  note_wait(slot, slot.family->name_of(job.route), now - entry->arrival, now);
  return Ready{job.tag, open(job, slot, now)};
}

void Governor::drop_hopeless(Slot& slot, Seconds now) {
  const auto doom_one = [&](const Entry& entry, Seconds wait) {
    doom(entry.id, reason_of(slot, wait, now), wait);
  };
  while (const std::optional<Entry> expired = slot.queue.take_expired(now))
    doom_one(*expired, forecast_for(slot, slot.queue.size(), now));
  if (slot.queue.empty() || now - slot.reviewed < kReview) return;
  slot.reviewed = now;
  const Outlook outlook = slot.bucket.outlook(now);
  const Seconds rest = slot.family->host().circuit.rests_until() - now;
  const auto wait_for = [&](size_t ahead) {
    return std::max(rest, forecast(outlook, static_cast<double>(ahead + 1)));
  };
  // Some slack, and nothing for those who may yet overtake: it was promised at admission.
  const auto is_hopeless = [&](const Entry& entry, size_t ahead) {
    const Seconds wait = wait_for(ahead);
    return now + wait > entry.deadline + 0.1 * wait + 0.05;
  };
  for (const Entry& entry : slot.queue.prune(kReviewed, is_hopeless))
    doom_one(entry, wait_for(slot.queue.size()));
}

// The refusal is handed out by poll(); until then the owner may still destroy the ticket.
void Governor::doom(uint64_t id, Reason reason, Seconds retry_after) {
  Job& job = jobs_.at(id);
  job.state = State::kDoomed;
  if (reason == Reason::kRateLimited) ++job.family->slot_of(job.route).refusals;
  doomed_.push_back({id, {reason, whole_seconds(retry_after)}});
}

void Governor::refuse_all(Instant at) {
  const Seconds now = now_ = seconds(at);
  delayed_.clear();
  for (auto& [id, job] : jobs_) {
    if (job.state == State::kOpen || job.state == State::kDoomed) continue;
    if (job.state == State::kQueued) (void)job.family->slot_of(job.route).queue.erase(id);
    doom(id, Reason::kDraining, 1);
  }
  for (Family& family : families_.all())
    for (const std::unique_ptr<Slot>& slot : family.slots()) schedule(*slot, now);
}

std::optional<Ready> Governor::next_doomed() {
  while (!doomed_.empty()) {
    const Doomed doomed = doomed_.front();
    doomed_.pop_front();
    const auto found = jobs_.find(doomed.id);
    if (found == jobs_.end()) continue;
    Ready ready{found->second.tag, doomed.refusal};
    drop(doomed.id);
    return ready;
  }
  return std::nullopt;
}

void Governor::return_delayed(Seconds now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    Job& job = jobs_.at(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
    Slot& slot = job.family->slot_of(job.route);
    job.state = State::kQueued;
    (void)slot.queue.push(job.entry, Place::kFront);
    schedule(slot, now);
  }
}

std::optional<Instant> Governor::next_wakeup() const {
  if (!doomed_.empty() || !parts_due_.empty()) return instant(now_);
  std::optional<Seconds> next;
  if (!schedule_.empty()) next = std::get<0>(*schedule_.begin());
  if (!delayed_.empty() && (!next || delayed_.begin()->first < *next))
    next = delayed_.begin()->first;
  if (look_at_ && (!next || *look_at_ < *next)) next = look_at_;
  const std::optional<Seconds> asks = board_ ? board_->earliest() : std::nullopt;
  if (asks && (!next || *asks < *next)) next = asks;
  if (!next) return std::nullopt;
  return instant(*next);
}

void Governor::schedule(Slot& slot, Seconds now) {
  if (slot.queue.empty()) return schedule_at(slot, std::nullopt);
  const Decision decision = decide(slot, now);
  if (decision.go()) return schedule_at(slot, now);
  Seconds when = std::min(*slot.queue.earliest_deadline(), std::max(now, slot.reviewed) + kReview);
  if (decision.until) when = std::min(when, *decision.until);
  schedule_at(slot, when);
}

void Governor::schedule_at(Slot& slot, std::optional<Seconds> when) {
  if (slot.wake == when) return;
  if (slot.wake) schedule_.erase({*slot.wake, slot.id, &slot});
  slot.wake = when;
  if (when) schedule_.insert({*when, slot.id, &slot});
}

void Governor::schedule_host(const Host& host, Seconds now) {
  for (Family& family : families_.all()) {
    if (&family.host() != &host) continue;
    for (const std::unique_ptr<Slot>& slot : family.slots()) schedule(*slot, now);
  }
}

void Governor::cancel(uint64_t id, uint32_t serial) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  Job& job = found->second;
  if (job.serial != serial || job.state == State::kOpen) return;
  if (job.state == State::kDelayed) delayed_.erase({job.due, id});
  if (job.state == State::kQueued) {
    Slot& slot = job.family->slot_of(job.route);
    (void)slot.queue.erase(id);
    if (slot.queue.empty()) schedule_at(slot, std::nullopt);
  }
  drop(id);
}

Explanation Governor::explain(const Request& request, Instant at) {
  const Seconds now = seconds(at);
  Explanation explanation;
  Family* family = families_.find(request.user, request.host, request.group);
  if (family == nullptr) return explanation;
  Slot& slot = family->slot_for(request.route);
  explanation.known = true;
  explanation.bucket = slot.bucket.status(now);
  explanation.queued = slot.queue.size();
  const Decision decision = decide(slot, now);
  explanation.blocker = decision.blocker;
  if (slot.queue.empty() && decision.go()) return explanation;
  explanation.ahead = slot.queue.ahead_of(request.caller, request.client, request.urgency);
  const Seconds wait = forecast_for(slot, explanation.ahead, now);
  explanation.wait = duration(wait);
  const Seconds patience = std::min(seconds(request.deadline) - now, seconds(options_.max_wait));
  const Circuit& circuit = family->host().circuit;
  if (circuit.refuses(now)) {
    explanation.refusal = Refusal{Reason::kUpstreamResting, explanation.wait};
  } else if (is_too_long(wait, patience)) {
    const Seconds missing = wait * kCaution - std::max(0.0, patience);
    explanation.refusal = Refusal{reason_of(slot, wait, now), duration(missing)};
  }
  return explanation;
}

}  // namespace postern::limits
