// A limiter to play against: limit 40 in windows of one second, unless the test says otherwise, and
// 25 slots, its clock kAhead seconds ahead. Knows when each call arrives; answers are fetched by
// the test.
#pragma once

#include <cmath>
#include <cstdint>

#include "builders.h"

namespace postern::limits::test {

struct Sentry {
  static constexpr int64_t kAhead = 1'700'000'000;

  int64_t limit = 40;
  int64_t foreign = 0;  // calls of others, at the begin of each window
  int64_t slots = 25;
  int64_t length = 1;   // of windows, seconds
  int64_t window = -1;  // its Reset
  int64_t count = 0;
  int64_t in_flight = 0;
  int rejected = 0;  // by the window

  // A served call holds a slot until leave().
  Answer arrive(Seconds now) {
    const auto second = static_cast<int64_t>(std::floor(now)) + kAhead;
    const int64_t reset = (second / length + 1) * length;
    if (reset != window) count = foreign;
    window = reset;
    ++count;
    if (count > limit) {
      ++rejected;
      return window_429(limit, reset);
    }
    Answer answer = served(limit, count, reset);
    if (in_flight >= slots) {
      answer = with_slots(answer, slots, 0);
      answer.status = 429;
      answer.kind = AnswerKind::kConcurrency;
      return answer;
    }
    ++in_flight;
    return with_slots(answer, slots, slots - in_flight);
  }
  void leave(const Answer& answer) {
    if (answer.status != 429) --in_flight;
  }
};

}  // namespace postern::limits::test
