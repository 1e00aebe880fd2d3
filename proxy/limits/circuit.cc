#include "limits/circuit.h"

#include <algorithm>

namespace postern::limits {
namespace {

constexpr int kFailures = 5;
constexpr Seconds kFirstRest = 1;
constexpr Seconds kLongestRest = 30;
constexpr uint32_t kFull = 64;  // calls in flight at which the ramp ends

}  // namespace

Circuit::Gate Circuit::gate(Seconds now) const {
  if (state_ == State::kClosed) return Gate::kOpen;
  if (now < rests_until_) return Gate::kRests;
  return in_flight_ < allowed_ ? Gate::kOpen : Gate::kBusy;
}

bool Circuit::refuses(Seconds now) const {
  const Gate gate_now = gate(now);
  return gate_now == Gate::kRests || (gate_now == Gate::kBusy && state_ == State::kResting);
}

void Circuit::end(uint32_t era, CircuitResult result, Seconds now, Jitter& jitter) {
  if (era != era_) return;
  --in_flight_;
  if (result == CircuitResult::kServed) return served();
  if (result == CircuitResult::kUnknown) return;
  ++failures_;
  if (state_ != State::kClosed || failures_ >= kFailures) rest(now, jitter);
}

void Circuit::rest(Seconds now, Jitter& jitter) {
  const Seconds longest = std::min(kLongestRest, kFirstRest * (1 << std::min(rests_, 5)));
  state_ = State::kResting;
  rests_until_ = now + longest * jitter.between(0.75, 1.25);
  ++rests_;
  ++era_;
  in_flight_ = 0;
  allowed_ = 1;
}

void Circuit::served() {
  failures_ = 0;
  if (state_ == State::kClosed) return;
  state_ = State::kRamp;
  allowed_ *= 2;
  if (allowed_ < kFull) return;
  state_ = State::kClosed;
  rests_ = 0;
}

}  // namespace postern::limits
