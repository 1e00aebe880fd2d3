#include "limiter.h"

#include <algorithm>
#include <cmath>

namespace postern::bench {

int64_t Limiter::window_of(size_t counter, double now) const {
  const auto length = static_cast<double>(settings_[counter].window);
  return static_cast<int64_t>(std::floor(clock_.read(now) / length));
}

int64_t Limiter::date(double now) const {
  return static_cast<int64_t>(std::floor(clock_.read(now) + clock_.date_offset));
}

limits::Answer Limiter::arrive(size_t counter, double now) {
  const CounterSettings& settings = settings_[counter];
  State& state = states_[counter];
  const int64_t window = window_of(counter, now);
  if (window != state.window) state.count = 0;
  state.window = window;
  ++state.count;
  limits::Answer answer;
  limits::LimitHeaders& headers = answer.headers;
  headers.limit = settings.limit;
  headers.remaining = std::max<int64_t>(0, settings.limit - state.count);
  headers.reset = (window + 1) * settings.window;
  if (state.count > settings.limit) {
    answer.status = 429;
    answer.kind = limits::AnswerKind::kWindow;
    answer.window = settings.window;
  } else if (state.in_flight >= settings.concurrent) {
    answer.status = 429;
    answer.kind = limits::AnswerKind::kConcurrency;
    headers.concurrent_limit = settings.concurrent;
    headers.concurrent_remaining = 0;
  } else {
    ++state.in_flight;
    most_in_flight_ = std::max(most_in_flight_, state.in_flight);
    headers.concurrent_limit = settings.concurrent;
    headers.concurrent_remaining = settings.concurrent - state.in_flight;
  }
  if (!has_fields_) {
    answer.headers = {};
    answer.window.reset();
    if (answer.status == 429) answer.kind = limits::AnswerKind::kUnknown;
  }
  return answer;
}

}  // namespace postern::bench
