#include "limits/fullness.h"

#include <algorithm>

namespace postern::limits {

bool Fullness::on_wait(Seconds wait, Seconds now) {
  if (wait < kLongWait) return false;
  last_wait_ = now;
  if (is_full_ || now - said_ < kGap) return false;
  is_full_ = true;
  said_ = now;
  return true;
}

bool Fullness::on_look(bool waits, Seconds now) {
  if (!is_full_ || waits || now < look_at()) return false;
  is_full_ = false;
  said_ = now;
  return true;
}

Seconds Fullness::look_at() const {
  return std::max(said_ + kGap, last_wait_ + kQuiet);
}

}  // namespace postern::limits
