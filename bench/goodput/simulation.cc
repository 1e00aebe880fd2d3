#include "simulation.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "events.h"
#include "limits/governor.h"

namespace postern::bench {
namespace {

using limits::Governor;

// The boot clock's zero lies elsewhere than the run's, as in life.
Instant instant(double now) {
  return limits::instant(now + 4321.0);
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<size_t>(share * static_cast<double>(values.size())))];
}

class Run final {
 public:
  Run(const Scenario& scenario, uint64_t seed);
  Figures figures();

 private:
  struct Call {
    size_t replica = 0;
    size_t route = 0;
    std::string client;
    bool light = false;
    double began = 0;
    std::optional<double> sent;
    limits::Permit permit;
    limits::Ticket ticket;
  };
  struct Replica {
    std::unique_ptr<Governor> governor;
    std::optional<Instant> wake;
  };

  void play_demand(const Demand& demand, size_t number);
  void play_burst();
  void play_foreign();
  void foreign_call();
  void ask(size_t route, const std::string& client, bool light, double began);
  void take(uint64_t tag, limits::Permit permit);
  void arrive(uint64_t tag, double way_back);
  void answer(uint64_t tag, const limits::Answer& answer);
  void refuse(uint64_t tag);
  void pump(size_t replica);
  double leg();
  double service();
  size_t counter_of(const Call& call) const { return scenario_.counter_of_route[call.route]; }
  bool is_counted(double moment) const;
  bool is_whole(size_t counter, int64_t window) const;
  double room(size_t counter, double begin);
  double ideal();

  const Scenario& scenario_;
  std::mt19937_64 random_;
  Events events_;
  Limiter limiter_;
  std::vector<Replica> replicas_;
  std::map<uint64_t, Call> calls_;
  uint64_t tags_ = 0;
  size_t turn_ = 0;
  Figures figures_;
  int64_t upstream_ = 0;
  int64_t upstream_concurrency_ = 0;
  int64_t foreign_ = 0;
  int64_t foreign_rejected_ = 0;
  int64_t asked_ = 0;
  int64_t light_asked_ = 0;
  std::vector<double> waits_;
  std::vector<double> light_waits_;
  // For the ideal: arrivals per counter, foreign demand per window of counter 0.
  std::vector<std::vector<double>> arrivals_;
  std::map<int64_t, int64_t> foreign_by_window_;
  double mean_service_ = 0;
};

Run::Run(const Scenario& scenario, uint64_t seed)
    : scenario_(scenario),
      random_(seed * 7919 + 17),
      limiter_(scenario.counters, scenario.clock, scenario.has_fields) {
  arrivals_.resize(scenario.counters.size());
  for (size_t i = 0; i < scenario.replicas; ++i) {
    limits::Options options;
    options.seed = seed + i;
    options.reserve = scenario.reserve;
    options.max_queue = 20000;
    replicas_.push_back({std::make_unique<Governor>(options), std::nullopt});
  }
  for (const LimitChange& change : scenario.changes)
    events_.at(change.at, [this, change] { limiter_.change_limit(0, change.limit); });
  for (size_t i = 0; i < scenario.demand.size(); ++i) play_demand(scenario.demand[i], i);
  if (scenario.burst.size > 0) events_.at(scenario.burst.first, [this] { play_burst(); });
  if (scenario.foreign.rate > 0) events_.at(scenario.foreign.from, [this] { play_foreign(); });
  for (int i = 0; i < 20000; ++i) mean_service_ += service() / 20000;
}

double Run::leg() {
  std::lognormal_distribution<double> round(
      std::log(scenario_.network == Network::kSlowFar ? 0.2 : 0.06), 0.4);
  std::uniform_real_distribution<double> near(0.00005, 0.0003);
  if (scenario_.network == Network::kLoopback) return near(random_);
  const double low = scenario_.network == Network::kSlowFar ? 0.066 : 0.02;
  return std::clamp(round(random_), low, 10 * low) / 2;
}

double Run::service() {
  if (scenario_.service > 0) return scenario_.service;
  std::lognormal_distribution<double> far(std::log(0.1), 0.6);
  std::uniform_real_distribution<double> near(0.005, 0.05);
  return scenario_.network == Network::kLoopback ? near(random_)
                                                 : std::clamp(far(random_), 0.02, 0.8);
}

bool Run::is_counted(double moment) const {
  return moment >= scenario_.skip && moment < scenario_.length;
}

// Windows cut by the start or the end are not compared.
bool Run::is_whole(size_t counter, int64_t window) const {
  const auto length = static_cast<double>(scenario_.counters[counter].window);
  const double begin = static_cast<double>(window) * length - scenario_.clock.read(0);
  return begin >= scenario_.skip && begin + length <= scenario_.length;
}

void Run::play_demand(const Demand& demand, size_t number) {
  std::exponential_distribution<double> gap(demand.rate);
  for (double at = gap(random_); at < scenario_.length; at += gap(random_)) {
    if (demand.on > 0 && std::fmod(at, demand.on + demand.off) > demand.on) continue;
    const std::string client = "client" + std::to_string(number);
    events_.at(at, [this, demand, client, at] { ask(demand.route, client, demand.light, at); });
  }
}

void Run::play_burst() {
  const Burst& burst = scenario_.burst;
  for (int i = 0; i < burst.size; ++i)
    ask(0, "client" + std::to_string(i % burst.clients), false, events_.now());
  if (burst.every > 0) events_.in(burst.every, [this] { play_burst(); });
}

void Run::play_foreign() {
  const Foreign& foreign = scenario_.foreign;
  if (events_.now() > foreign.to) return;
  if (!foreign.bursty) {
    foreign_call();
    std::exponential_distribution<double> gap(foreign.rate);
    return events_.in(gap(random_), [this] { play_foreign(); });
  }
  const int size = std::uniform_int_distribution<int>(20, 40)(random_);
  for (int i = 0; i < size; ++i)
    events_.in(std::uniform_real_distribution<double>(0, 0.5)(random_), [this] { foreign_call(); });
  std::exponential_distribution<double> gap(foreign.rate / 30);
  events_.in(gap(random_), [this] { play_foreign(); });
}

void Run::foreign_call() {
  ++foreign_by_window_[limiter_.window_of(0, events_.now())];
  const limits::Answer answer = limiter_.arrive(0, events_.now());
  if (is_counted(events_.now())) {
    ++foreign_;
    if (answer.status == 429) ++foreign_rejected_;
  }
  if (answer.status == 200) events_.in(service(), [this] { limiter_.finish(0); });
}

void Run::ask(size_t route, const std::string& client, bool light, double began) {
  const uint64_t tag = ++tags_;
  Call& call = calls_[tag];
  call.replica = turn_++ % replicas_.size();
  call.route = route;
  call.client = client;
  call.light = light;
  call.began = began;
  arrivals_[counter_of(call)].push_back(began);
  if (is_counted(began)) ++asked_;
  if (light && is_counted(began)) ++light_asked_;
  const std::string name = "route" + std::to_string(route);
  limits::Request request;
  request.user = "7";
  request.host = "sentry.io";
  request.group = "GET";
  request.route = name;
  request.caller = client;
  request.deadline = instant(began + scenario_.patience);
  request.tag = tag;
  const size_t replica = call.replica;
  Governor::Admission admission = replicas_[replica].governor->admit(request, instant(began));
  if (auto* permit = std::get_if<limits::Permit>(&admission)) {
    take(tag, std::move(*permit));
  } else if (auto* ticket = std::get_if<limits::Ticket>(&admission)) {
    call.ticket = std::move(*ticket);
  } else {
    refuse(tag);
  }
  pump(replica);
}

void Run::take(uint64_t tag, limits::Permit permit) {
  Call& call = calls_[tag];
  call.permit = std::move(permit);
  call.ticket = {};
  const double now = events_.now();
  call.permit.on_sent(instant(now));
  if (!call.sent && is_counted(now)) {
    waits_.push_back(now - call.began);
    if (call.light) light_waits_.push_back(now - call.began);
  }
  call.sent = now;
  std::uniform_real_distribution<double> chance(0, 1);
  const double spikes = scenario_.network == Network::kSpiky      ? 0.02
                        : scenario_.network == Network::kLoopback ? 0
                                                                  : 0.001;
  double way = leg();
  if (chance(random_) < spikes) way += 1;
  // A stall holds back whatever is on its way during one second in fifteen.
  if (scenario_.network == Network::kStalling && std::fmod(now, 15) < 1)
    way += 1 - std::fmod(now, 15);
  const double back = leg();
  events_.in(way, [this, tag, back] { arrive(tag, back); });
}

void Run::arrive(uint64_t tag, double back) {
  const Call& call = calls_[tag];
  const size_t counter = counter_of(call);
  const double now = events_.now();
  limits::Answer answer;
  if (scenario_.has_limiter) answer = limiter_.arrive(counter, now);
  const bool served = answer.status == 200;
  if (served && is_whole(counter, limiter_.window_of(counter, now))) ++figures_.served;
  if (is_counted(now)) {
    ++upstream_;
    if (!served) ++figures_.rejections;
    if (answer.kind == limits::AnswerKind::kConcurrency) ++upstream_concurrency_;
    if (!served) {
      const auto second = static_cast<size_t>(now);
      if (figures_.rejections_by_second.size() <= second)
        figures_.rejections_by_second.resize(second + 1);
      ++figures_.rejections_by_second[second];
    }
  }
  const double took = served ? service() : 0.005;
  events_.in(took, [this, tag, answer, back, counter, served] {
    limits::Answer dated = answer;
    if (served && scenario_.has_limiter) limiter_.finish(counter);
    dated.headers.date = limiter_.date(events_.now());
    events_.in(back, [this, tag, dated] { this->answer(tag, dated); });
  });
}

void Run::answer(uint64_t tag, const limits::Answer& answer) {
  Call& call = calls_[tag];
  const size_t replica = call.replica;
  const double now = events_.now();
  limits::Verdict verdict = call.permit.on_answer(answer, instant(now));
  if (verdict.again) {
    call.ticket = std::move(*verdict.again);
  } else {
    if (answer.status == 429) ++figures_.passed_on;
    figures_.last_answer = now - scenario_.burst.first;
    calls_.erase(tag);
  }
  pump(replica);
}

void Run::refuse(uint64_t tag) {
  const Call& call = calls_[tag];
  ++figures_.refused;
  if (events_.now() > call.began) ++figures_.refused_after_wait;
  if (events_.now() > call.began + scenario_.patience + 0.001) ++figures_.refused_late;
  calls_.erase(tag);
}

void Run::pump(size_t number) {
  Replica& replica = replicas_[number];
  const Instant now = instant(events_.now());
  while (std::optional<limits::Ready> ready = replica.governor->poll(now)) {
    if (auto* permit = std::get_if<limits::Permit>(&ready->outcome)) {
      take(ready->tag, std::move(*permit));
    } else {
      refuse(ready->tag);
    }
  }
  const std::optional<Instant> wake = replica.governor->next_wakeup();
  if (!wake || (replica.wake && *replica.wake <= *wake && *replica.wake > now)) return;
  replica.wake = wake;
  events_.at(limits::seconds(*wake) - 4321.0, [this, number, at = *wake] {
    if (replicas_[number].wake == at) replicas_[number].wake.reset();
    pump(number);
  });
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
  calls_.clear();
  return figures_;
}

}  // namespace

Figures simulate(const Scenario& scenario, uint64_t seed) {
  return Run(scenario, seed).figures();
}

}  // namespace postern::bench
