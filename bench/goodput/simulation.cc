#include "simulation.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "run.h"

namespace postern::bench {
namespace {

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace

double Run::evenness() const {
  double least = 1;
  for (size_t span = 0; (static_cast<double>(span) + 1) * 30 <= scenario_.length; ++span) {
    double sum = 0;
    double squares = 0;
    for (const Replica& replica : replicas_) {
      const double served = span < replica.served.size() ? replica.served[span] : 0;
      sum += served;
      squares += served * served;
    }
    if (squares > 0)
      least = std::min(least, sum * sum / squares / static_cast<double>(replicas_.size()));
  }
  return least;
}

// What a window of this counter has room for: the least of what others leave and the slots allow.
double Run::room(size_t counter, double begin) {
  const CounterSettings& settings = scenario_.counters[counter];
  const auto length = static_cast<double>(settings.window);
  const double slots = static_cast<double>(settings.concurrent) * length / mean_service_;
  auto room = static_cast<double>(settings.limit);
  if (counter > 0) return std::min(room, slots);
  const double middle = begin + length / 2;
  for (const LimitChange& change : scenario_.changes)
    if (change.at <= middle) room = static_cast<double>(change.limit);
  const auto found = foreign_by_window_.find(limiter_.window_of(0, middle));
  if (found != foreign_by_window_.end()) room -= static_cast<double>(found->second);
  return std::min(std::max(0.0, room), slots);
}

// What a sender that knows everything would have got served, in whole windows.
double Run::ideal() {
  double total = 0;
  for (size_t counter = 0; counter < scenario_.counters.size(); ++counter) {
    const auto length = static_cast<double>(scenario_.counters[counter].window);
    std::vector<double>& arrivals = arrivals_[counter];
    std::sort(arrivals.begin(), arrivals.end());
    size_t next = 0;
    std::deque<double> backlog;
    const double origin = scenario_.clock.read(0);
    const double first = (std::floor(origin / length)) * length - origin;
    for (double begin = first; begin < scenario_.length; begin += length) {
      const double end = std::min(begin + length, scenario_.length);
      while (next < arrivals.size() && arrivals[next] < end) backlog.push_back(arrivals[next++]);
      while (!backlog.empty() && backlog.front() + scenario_.patience < begin) backlog.pop_front();
      const double taken = std::min(room(counter, begin), static_cast<double>(backlog.size()));
      backlog.erase(backlog.begin(), backlog.begin() + static_cast<std::ptrdiff_t>(taken));
      if (begin >= scenario_.skip && begin + length <= scenario_.length) total += taken;
    }
  }
  return total;
}

Figures Run::figures() {
  // Past the end answers still come in, so that no handle outlives the governors.
  events_.run_until(scenario_.length + 60);
  const auto share = [](int64_t part, int64_t whole) {
    return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0;
  };
  if (scenario_.has_limiter) {
    figures_.goodput = 100.0 * static_cast<double>(figures_.served) / ideal();
  } else {
    figures_.goodput = share(static_cast<int64_t>(waits_.size()), asked_);
  }
  figures_.rejected = share(figures_.rejections, upstream_);
  figures_.concurrency = share(upstream_concurrency_, upstream_);
  figures_.foreign_hurt = share(foreign_rejected_, foreign_);
  figures_.light_served = share(static_cast<int64_t>(light_waits_.size()), light_asked_);
  figures_.light_p50 = quantile(light_waits_, 0.5);
  figures_.light_p99 = quantile(light_waits_, 0.99);
  figures_.p50 = quantile(waits_, 0.5);
  figures_.p99 = quantile(waits_, 0.99);
  figures_.most_in_flight = limiter_.most_in_flight();
  figures_.evenness = evenness();
  figures_.commands = static_cast<double>(engine_.commands()) /
                      static_cast<double>(std::max<size_t>(1, active_.size()));
  calls_.clear();
  return figures_;
}

Figures simulate(const Scenario& scenario, uint64_t seed) {
  return Run(scenario, seed).figures();
}

}  // namespace postern::bench
