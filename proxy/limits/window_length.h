// How long a window is. No header says so: it is told by the words of a 429, or inferred from the
// Resets seen, which are all multiples of it.
#pragma once

#include <cstdint>
#include <optional>

#include "limits/seconds.h"

namespace postern::limits {

class WindowLength final {
 public:
  int64_t value() const { return length_; }  // seconds; 0 before the first answer
  // Nothing seen so far leaves room for another length.
  bool is_sure() const { return told_ || (common_ == length_ && length_ > 0); }
  // More than one window has been seen, or the length was told: a wait for the Reset is no guess.
  bool is_confirmed() const { return told_ || windows_ > 1; }

  void tell(int64_t length);  // from the words of a window 429
  // An answer with this Reset to a call sent and answered at these moments of the boot clock.
  void observe(int64_t reset, std::optional<int64_t> date, Seconds sent, Seconds received);

 private:
  void infer();

  int64_t length_ = 0;
  bool told_ = false;
  int64_t common_ = 0;  // greatest common divisor of the Resets seen
  int64_t ahead_ = 1;   // the furthest that a Reset lay ahead of Date, less a second
  int64_t last_reset_ = 0;
  int windows_ = 0;            // different Resets seen
  Seconds last_received_ = 0;  // earliest answer with last_reset_
};

}  // namespace postern::limits
