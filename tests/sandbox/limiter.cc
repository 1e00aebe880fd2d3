#include "limiter.h"

#include <algorithm>

namespace postern::sandbox {
namespace {

constexpr std::int64_t kSlotLifetimeMs = 30000;  // of a slot whose request never finishes
constexpr std::size_t kTallies = 2000;

bool concerns(const std::string& part, const std::string& bucket) {
  return bucket.find(part) != std::string::npos;
}

}  // namespace

void Limiter::enter_window(const std::string& name, Bucket& bucket, std::int64_t window) {
  if (bucket.window == window) return;
  bucket.window = window;
  bucket.count = 0;
  for (const Foreign& foreign : foreign_) {
    if (concerns(foreign.part, name)) bucket.count += foreign.per_window;
  }
}

Admission Limiter::decide(const std::string& name, const Limit& limit, std::int64_t now_ms) {
  Bucket& bucket = buckets_[name];
  const std::int64_t window_ms = limit.window_s * 1000;
  const std::int64_t window = now_ms / window_ms;
  enter_window(name, bucket, window);
  ++bucket.count;
  Admission admission;
  admission.limit = limit;
  admission.remaining = std::max<std::int64_t>(0, limit.requests - bucket.count);
  admission.reset_s = (window + 1) * limit.window_s;
  if (bucket.count > limit.requests) {
    admission.verdict = Verdict::kTooFrequent;
    return admission;
  }
  if (limit.concurrent == 0) return admission;
  auto& slots = bucket.slots;
  slots.erase(std::remove_if(slots.begin(), slots.end(),
                             [&](Slot slot) { return slot.since_ms + kSlotLifetimeMs <= now_ms; }),
              slots.end());
  auto in_flight = static_cast<std::int64_t>(slots.size());
  for (const Foreign& foreign : foreign_) {
    if (concerns(foreign.part, name)) in_flight += foreign.slots;
  }
  admission.concurrent_remaining = limit.concurrent - in_flight - 1;
  if (enforce_concurrency && in_flight >= limit.concurrent) {
    admission.verdict = Verdict::kTooManyAtOnce;
    return admission;
  }
  admission.holds_slot = true;
  admission.slot = ++last_slot_;
  slots.push_back({admission.slot, now_ms});
  return admission;
}

Admission Limiter::admit(const std::string& name, const Limit& limit, std::int64_t now_ms) {
  Admission admission = decide(name, limit, now_ms);
  count(name, admission);
  return admission;
}

void Limiter::count(const std::string& name, const Admission& admission) {
  const auto same = [&](const Tally& tally) {
    return tally.reset_s == admission.reset_s && tally.bucket == name;
  };
  // The present windows are at the end.
  auto found = std::find_if(tallies_.rbegin(), tallies_.rend(), same);
  if (found == tallies_.rend()) {
    if (tallies_.size() == kTallies) tallies_.pop_front();
    tallies_.push_back({name, admission.reset_s});
    found = tallies_.rbegin();
  }
  Tally& tally = *found;
  tally.limit = admission.limit.requests;
  if (admission.verdict == Verdict::kAllowed) ++tally.allowed;
  if (admission.verdict == Verdict::kTooFrequent) ++tally.too_frequent;
  if (admission.verdict == Verdict::kTooManyAtOnce) ++tally.too_many_at_once;
  const auto in_flight = static_cast<std::int64_t>(buckets_[name].slots.size());
  tally.most_in_flight = std::max(tally.most_in_flight, in_flight);
}

void Limiter::release(const std::string& name, std::uint64_t slot) {
  auto& slots = buckets_[name].slots;
  slots.erase(
      std::remove_if(slots.begin(), slots.end(), [&](Slot held) { return held.id == slot; }),
      slots.end());
}

void Limiter::set_foreign(const std::string& part, std::int64_t per_window, std::int64_t slots) {
  foreign_.erase(std::remove_if(foreign_.begin(), foreign_.end(),
                                [&](const Foreign& entry) { return entry.part == part; }),
                 foreign_.end());
  if (per_window > 0 || slots > 0) foreign_.push_back({part, per_window, slots});
  for (auto& [name, bucket] : buckets_) {
    if (concerns(part, name)) bucket.count += per_window;
  }
}

void Limiter::add_foreign(const std::string& part, std::int64_t requests) {
  for (auto& [name, bucket] : buckets_) {
    if (concerns(part, name)) bucket.count += requests;
  }
}

void Limiter::clear() {
  buckets_.clear();
  foreign_.clear();
  tallies_.clear();
}

}  // namespace postern::sandbox
