// Time of a simulation: what is to happen, in order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace postern::bench {

class Events final {
 public:
  double now() const { return now_; }  // seconds since the start of the run
  // At the same moment, what was asked for first happens first.
  void at(double when, std::function<void()> what) {
    queue_.emplace(std::make_pair(when < now_ ? now_ : when, ++count_), std::move(what));
  }
  void in(double span, std::function<void()> what) { at(now_ + span, std::move(what)); }
  void run_until(double end) {
    while (!queue_.empty() && queue_.begin()->first.first <= end) {
      const auto first = queue_.begin();
      now_ = first->first.first;
      const std::function<void()> what = std::move(first->second);
      queue_.erase(first);
      what();
    }
    now_ = end;
  }

 private:
  double now_ = 0;
  uint64_t count_ = 0;
  std::map<std::pair<double, uint64_t>, std::function<void()>> queue_;
};

}  // namespace postern::bench
