// The half of Governor that hears what became of the calls it let go.
#include <algorithm>

#include "limits/governor.h"

namespace postern::limits {
namespace {

CircuitResult circuit_result(int status) {
  return status == 502 || status == 503 || status == 504 ? CircuitResult::kFailed
                                                         : CircuitResult::kServed;
}

}  // namespace

Governor::Job* Governor::open_job(uint64_t id, uint32_t serial) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return nullptr;
  Job& job = found->second;
  return job.serial == serial && job.state == State::kOpen ? &job : nullptr;
}

void Governor::sent(uint64_t id, uint32_t serial, Seconds now) {
  now_ = now;
  Job* job = open_job(id, serial);
  if (job == nullptr || job->sent_at) return;
  job->sent_at = now;
  job->family->slot_of(job->route).bucket.sent(id, now);
}

void Governor::end_call(Job& job, CircuitResult result, Seconds now) {
  Host& host = job.family->host();
  const bool was_closed = host.circuit.is_closed();
  host.circuit.end(job.era, result, now, jitter_);
  if (was_closed != host.circuit.is_closed()) note_circuit(job.family->key().host, host, now);
  if (was_closed && host.circuit.is_closed()) {
    schedule(job.family->slot_of(job.route), now);
  } else {
    schedule_host(host, now);
  }
}

void Governor::failed(uint64_t id, uint32_t serial, Seconds now) {
  now_ = now;
  Job* job = open_job(id, serial);
  if (job == nullptr) return;
  job->family->slot_of(job->route).bucket.lost(id, now);
  end_call(*job, CircuitResult::kFailed, now);
  drop(id);
}

void Governor::given_back(uint64_t id, uint32_t serial, Seconds now) {
  now_ = now;
  Job* job = open_job(id, serial);
  if (job == nullptr) return;
  job->family->slot_of(job->route).bucket.give_back(id);
  end_call(*job, CircuitResult::kUnknown, now);
  drop(id);
}

// A permit destroyed: nothing was sent, or nobody will say what became of it.
void Governor::released(uint64_t id, uint32_t serial) {
  Job* job = open_job(id, serial);
  if (job == nullptr) return;
  Bucket& bucket = job->family->slot_of(job->route).bucket;
  if (job->sent_at) {
    bucket.lost(id, now_);
  } else {
    bucket.give_back(id);
  }
  end_call(*job, CircuitResult::kUnknown, now_);
  drop(id);
}

void Governor::outgrown(uint64_t id, uint32_t serial) {
  if (Job* job = open_job(id, serial)) job->replayable = false;
}

Verdict Governor::answered(uint64_t id, uint32_t serial, const Answer& answer, Seconds now) {
  now_ = now;
  Verdict verdict;
  Job* job = open_job(id, serial);
  if (job == nullptr) return verdict;
  ++answers_[static_cast<size_t>(answer.kind)];
  verdict.calls = job->calls;
  Family& family = *job->family;
  family.slot_of(job->route).bucket.answered(id, answer, now);
  if (family.observe(job->route, answer, now)) {
    for (const std::unique_ptr<Slot>& slot : family.slots()) schedule(*slot, now);
    if (family.parts() != nullptr) want_parts(family);
  }
  // Time with Sentry is no waiting.
  const Seconds with_sentry = now - job->sent_at.value_or(now);
  job->entry.deadline =
      std::min(job->entry.deadline + with_sentry, now + seconds(options_.max_wait));
  if (job->replayable) verdict.again = retry(*job, answer, now);
  if (!verdict.again && answer.status == 429 && !answer.headers.retry_after) {
    const Seconds wait = forecast_for(family.slot_of(job->route), 0, now);
    verdict.retry_after = whole_seconds(wait);
  }
  end_call(*job, circuit_result(answer.status), now);
  if (!verdict.again) drop(id);
  return verdict;
}

std::optional<Ticket> Governor::retry(Job& job, const Answer& answer, Seconds now) {
  const bool has_limit = job.family->slot_of(job.route).bucket.limit().has_value();
  const auto pause =
      retries_.pause(answer, {job.tries, job.calls, job.idempotent, has_limit}, jitter_);
  if (!pause || now + pause->seconds >= job.entry.deadline) return std::nullopt;
  if (pause->counts) ++job.tries;
  return wait_again(job, pause->seconds, now);
}

// Front of its client's queue, now or later, with the deadline it had.
Ticket Governor::wait_again(Job& job, Seconds delay, Seconds now) {
  ++job.serial;
  if (delay > 0) {
    job.state = State::kDelayed;
    job.due = now + delay;
    delayed_.insert({job.due, job.id});
  } else {
    job.state = State::kQueued;
    (void)job.family->slot_of(job.route).queue.push(job.entry, Place::kFront);
  }
  return Ticket(*this, job.id, job.serial);
}

}  // namespace postern::limits
