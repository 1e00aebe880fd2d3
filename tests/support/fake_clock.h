// A clock that stands still until it is told.
#pragma once

#include "base/clock.h"

namespace postern::test {

class FakeClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  WallTime wall() const override { return wall_; }
  void advance(Duration by) {
    now_ += by;
    wall_ += std::chrono::duration_cast<WallTime::duration>(by);
  }

  // Somebody sets the wall clock.
  void set_wall_by(Duration by) { wall_ += std::chrono::duration_cast<WallTime::duration>(by); }

 private:
  Instant now_{std::chrono::hours(1)};
  WallTime wall_{std::chrono::hours(24 * 20000)};
};

}  // namespace postern::test
