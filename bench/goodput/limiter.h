// A pretend Sentry limiter: fixed windows aligned to its own epoch clock, checked first; slots for
// calls at the same time, checked second; rejected calls are counted too. Reset and Date in whole
// seconds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "limits/answer.h"

namespace postern::bench {

struct CounterSettings {
  int64_t limit = 40;
  int64_t concurrent = 25;
  int64_t window = 1;
};

// The limiter's clock as a function of true time.
struct LimiterClock {
  double offset = 1'700'000'000.37;
  double drift = 0;       // seconds per second
  double jump_at = 1e18;  // true time of a step
  double jump = 0;
  double date_offset = 0;  // of whoever writes Date

  double read(double now) const { return offset + now * (1 + drift) + (now >= jump_at ? jump : 0); }
};

class Limiter final {
 public:
  Limiter(std::vector<CounterSettings> counters, const LimiterClock& clock, bool has_fields)
      : settings_(std::move(counters)), clock_(clock), has_fields_(has_fields) {
    states_.resize(settings_.size());
  }

  // A call arrives; the answer is what it will carry, but for Date. A served one must finish().
  limits::Answer arrive(size_t counter, double now);
  void finish(size_t counter) { --states_[counter].in_flight; }
  int64_t date(double now) const;

  void change_limit(size_t counter, int64_t limit) { settings_[counter].limit = limit; }
  int64_t window_of(size_t counter, double now) const;
  int64_t most_in_flight() const { return most_in_flight_; }

 private:
  struct State {
    int64_t window = 0;
    int64_t count = 0;
    int64_t in_flight = 0;
  };

  std::vector<CounterSettings> settings_;
  std::vector<State> states_;
  LimiterClock clock_;
  bool has_fields_;
  int64_t most_in_flight_ = 0;
};

}  // namespace postern::bench
