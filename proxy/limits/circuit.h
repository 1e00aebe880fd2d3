// Lets a host that fails rest, tries it with one call at a time, and comes back gently.
//
//   closed ── 5 failures in a row ──▶ resting ── time over ──▶ one probe ── served ──▶ ramp ──▶
//   closed
//                                        ▲──────── failed, rest doubled ──┴──────────────┘
//
// A failure is a connection that failed or an answer 502, 503, 504. A 500 is the endpoint's own and
// says nothing about the host. Only calls begun after the last change count.
#pragma once

#include <cstdint>

#include "limits/jitter.h"
#include "limits/seconds.h"

namespace postern::limits {

enum class CircuitResult : uint8_t { kServed, kFailed, kUnknown };

class Circuit final {
 public:
  enum class Gate : uint8_t {
    kOpen,   // calls may go
    kBusy,   // not one more at the moment: when a call ends, ask again
    kRests,  // until rests_until()
  };

  Gate gate(Seconds now) const;
  // Nothing is known to work: newcomers are told so instead of waiting.
  bool refuses(Seconds now) const;
  Seconds rests_until() const { return rests_until_; }
  bool is_closed() const { return state_ == State::kClosed; }

  uint32_t begin() {  // a call goes; give the value to end()
    ++in_flight_;
    return era_;
  }
  void end(uint32_t era, CircuitResult result, Seconds now, Jitter& jitter);

 private:
  enum class State : uint8_t { kClosed, kResting, kRamp };
  void rest(Seconds now, Jitter& jitter);
  void served();

  State state_ = State::kClosed;
  int failures_ = 0;  // in a row
  int rests_ = 0;     // in a row
  Seconds rests_until_ = 0;
  uint32_t era_ = 1;        // changes when a rest begins
  uint32_t in_flight_ = 0;  // calls of this era
  uint32_t allowed_ = 1;    // of them, in the ramp
};

}  // namespace postern::limits
