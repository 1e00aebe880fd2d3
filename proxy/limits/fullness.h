// Fullness: when is it news that a limit is used up, or that it has room again? Waits of a moment
// are the everyday work of pacing; what is told is that demand has outgrown the limit, and no more
// often than somebody can read it.
#pragma once

#include "limits/seconds.h"

namespace postern::limits {

class Fullness final {
 public:
  static constexpr Seconds kLongWait = 1;  // a forecast from there on says that it is full
  static constexpr Seconds kGap = 60;      // from one piece of news of a bucket to the next
  static constexpr Seconds kQuiet = 10;    // without a long wait, before it is said to have room

  // A request has waited that long, or would have to. True: that is news.
  bool on_wait(Seconds wait, Seconds now);
  // True: it is news that there is room. `waits`: somebody does.
  bool on_look(bool waits, Seconds now);

  bool is_full() const { return is_full_; }  // as was said last
  Seconds look_at() const;                   // when on_look() may have news; while it is full
  Seconds lasted() const { return last_wait_ - said_; }  // of a full one, up to the last long wait

 private:
  bool is_full_ = false;
  Seconds said_ = -kGap;
  Seconds last_wait_ = 0;
};

}  // namespace postern::limits
