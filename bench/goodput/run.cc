#include "run.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace postern::bench {
namespace {

// The boot clock's zero lies elsewhere than the run's, as in life.
Instant instant(double now) {
  return limits::instant(now + 4321.0);
}

}  // namespace

Run::Run(const Scenario& scenario, uint64_t seed)
    : scenario_(scenario),
      random_(seed * 7919 + 17),
      limiter_(scenario.counters, scenario.clock, scenario.has_fields),
      engine_(scenario.fleet, events_, random_) {
  arrivals_.resize(scenario.counters.size());
  governors_ = seed;
  for (size_t i = 0; i < scenario.fleet.replicas; ++i)
    replicas_.push_back({make_governor(), std::nullopt, {}});
  if (scenario.fleet.kill_every > 0) events_.at(scenario.fleet.kill_every, [this] { kill_one(); });
  for (const LimitChange& change : scenario.changes)
    events_.at(change.at, [this, change] { limiter_.change_limit(0, change.limit); });
  for (size_t i = 0; i < scenario.demand.size(); ++i) play_demand(scenario.demand[i], i);
  if (scenario.burst.size > 0) events_.at(scenario.burst.first, [this] { play_burst(); });
  if (scenario.foreign.rate > 0) events_.at(scenario.foreign.from, [this] { play_foreign(); });
  for (int i = 0; i < 20000; ++i) mean_service_ += service() / 20000;
}

std::unique_ptr<Governor> Run::make_governor() {
  limits::Options options;
  options.seed = governors_++;
  options.reserve = scenario_.reserve;
  options.max_queue = 20000;
  auto governor = std::make_unique<Governor>(options);
  if (scenario_.fleet.shares) governor->share("replica-" + std::to_string(options.seed));
  return governor;
}

// What it had waiting is lost; its calls are answered, to nobody.
void Run::kill_one() {
  const size_t victim = std::uniform_int_distribution<size_t>(0, replicas_.size() - 1)(random_);
  for (auto call = calls_.begin(); call != calls_.end();) {
    const bool is_lost = call->second.replica == victim && !call->second.sent;
    if (call->second.replica == victim) call->second.replica = SIZE_MAX;
    call = is_lost ? calls_.erase(call) : std::next(call);
  }
  dead_.push_back(std::move(replicas_[victim].governor));
  replicas_[victim].governor = make_governor();
  replicas_[victim].wake.reset();
  events_.in(scenario_.fleet.kill_every, [this] { kill_one(); });
}

size_t Run::choose_replica() {
  const double uneven = scenario_.fleet.uneven;
  if (uneven == 0) return turn_++ % replicas_.size();
  std::uniform_real_distribution<double> chance(0, 1);
  return chance(random_) < uneven ? 0 : 1 + turn_++ % (replicas_.size() - 1);
}

void Run::ask_fleet(size_t number) {
  Governor* governor = replicas_[number].governor.get();
  while (const auto ask = governor->next_question(instant(events_.now()))) {
    note_question(*governor, ask->key.bucket);
    engine_.ask(*ask, [this, number, governor, id = ask->id](const auto& answer) {
      const Instant now = instant(events_.now());
      if (answer) governor->on_share_answer(id, *answer, now);
      if (!answer) governor->on_share_failure(id, now);
      if (replicas_[number].governor.get() == governor) pump(number);
    });
  }
  while (const auto ask = governor->next_parts_question(instant(events_.now()))) {
    engine_.ask(*ask, [this, number, governor, id = ask->id](const auto& answer) {
      if (answer) governor->on_parts_answer(id, *answer, instant(events_.now()));
      if (!answer) governor->on_parts_failure(id);
      if (replicas_[number].governor.get() == governor) pump(number);
    });
  }
}

void Run::note_activity(size_t replica) {
  active_.emplace(replica, limiter_.window_of(0, events_.now()));
}

void Run::note_question(const Governor& asks, const std::string& bucket) {
  const int64_t window = limiter_.window_of(0, events_.now());
  const int64_t count = ++questions_[{&asks, bucket, window}];
  figures_.most_questions = std::max(figures_.most_questions, count);
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
  call.replica = choose_replica();
  note_activity(call.replica);
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
  note_activity(call.replica);
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
  if (served && call.replica < replicas_.size()) {
    std::vector<double>& spans = replicas_[call.replica].served;
    spans.resize(std::max(spans.size(), static_cast<size_t>(now / 30) + 1));
    ++spans[static_cast<size_t>(now / 30)];
  }
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
  if (replica >= replicas_.size()) return;  // it is dead
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
  if (replica.governor->waiting() > 0) note_activity(number);
  const Instant now = instant(events_.now());
  while (std::optional<limits::Ready> ready = replica.governor->poll(now)) {
    if (auto* permit = std::get_if<limits::Permit>(&ready->outcome)) {
      take(ready->tag, std::move(*permit));
    } else {
      refuse(ready->tag);
    }
  }
  ask_fleet(number);
  const std::optional<Instant> wake = replica.governor->next_wakeup();
  if (!wake || (replica.wake && *replica.wake <= *wake && *replica.wake > now)) return;
  replica.wake = wake;
  events_.at(limits::seconds(*wake) - 4321.0, [this, number, at = *wake] {
    if (replicas_[number].wake == at) replicas_[number].wake.reset();
    pump(number);
  });
}

}  // namespace postern::bench
