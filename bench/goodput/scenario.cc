#include "scenario.h"

#include <utility>

namespace postern::bench {
namespace {

// Three clients: one asks for 80 % of the demand, two for 10 % each.
std::vector<Demand> three_clients(double rate, size_t routes = 1) {
  std::vector<Demand> demand;
  for (const double share : {0.8, 0.1, 0.1}) {
    for (size_t route = 0; route < routes; ++route) {
      Demand one;
      one.rate = rate * share / static_cast<double>(routes);
      one.route = route;
      one.light = share < 0.5;
      demand.push_back(one);
    }
  }
  return demand;
}

Scenario plain(std::string name, double rate, std::string model) {
  Scenario scenario;
  scenario.name = std::move(name);
  scenario.demand = three_clients(rate);
  scenario.model = std::move(model);
  return scenario;
}

Scenario limited(std::string name, double factor, CounterSettings counter, std::string model) {
  const double rate =
      factor * static_cast<double>(counter.limit) / static_cast<double>(counter.window);
  Scenario scenario = plain(std::move(name), rate, std::move(model));
  scenario.counters = {counter};
  if (counter.window > 2) scenario.length = 900;
  return scenario;
}

Scenario shared(std::string name, std::vector<size_t> counters, double rate, std::string model) {
  Scenario scenario = plain(std::move(name), rate, std::move(model));
  scenario.demand = three_clients(rate, counters.size());
  size_t most = 0;
  for (const size_t counter : counters) most = counter > most ? counter : most;
  scenario.counters.assign(most + 1, CounterSettings{});
  scenario.counter_of_route = std::move(counters);
  return scenario;
}

Scenario with_foreign(std::string name, Foreign foreign, std::string model) {
  Scenario scenario = plain(std::move(name), 120, std::move(model));
  scenario.foreign = foreign;
  return scenario;
}

Scenario bursts(std::string name, Burst burst, std::string model) {
  Scenario scenario;
  scenario.name = std::move(name);
  scenario.burst = burst;
  scenario.model = std::move(model);
  return scenario;
}

void add_foreign(std::vector<Scenario>& list) {
  list.push_back(with_foreign("foreign 25 % steady", {10, false, 0, 1e18}, "95.6 / 0.22 / 2.0"));
  list.push_back(with_foreign("foreign 50 % steady", {20, false, 0, 1e18}, "95.9 / 0.39 / 4.1"));
  list.push_back(with_foreign("foreign 25 % bursty", {10, true, 0, 1e18}, "90.2 / 1.49 / 21.0"));
  list.push_back(with_foreign("foreign 50 % bursty", {20, true, 0, 1e18}, "90.3 / 2.69 / 49.1"));
  Scenario ten = limited("foreign 25 %, L=10", 3, {10, 25, 1}, "88.5 / 0.74 / 5.5");
  ten.foreign.rate = 2.5;
  list.push_back(ten);
  Scenario minute = limited("foreign 25 %, W=60", 3, {150, 25, 60}, "98.7 / 0.00 / 2.6");
  minute.foreign.rate = 0.625;
  list.push_back(minute);
  Scenario light =
      with_foreign("foreign 25 %, own 0.6x", {10, false, 0, 1e18}, "99.9 / 0.12 / 0.7");
  light.demand = three_clients(24);
  list.push_back(light);
  list.push_back(with_foreign("foreign 50 % stops", {20, false, 0, 45}, "96.8 / 0.08 / 2.2"));
  list.push_back(with_foreign("foreign 50 % starts", {20, false, 45, 1e18}, "97.6 / 0.23 / 4.0"));
}

void add_clocks(std::vector<Scenario>& list) {
  Scenario skew = plain("skew +3 s", 120, "100.0 / 0.00");
  skew.clock.offset += 3;
  list.push_back(skew);
  Scenario drift = plain("drift 500 ppm, 300 s", 120, "99.9 / 0.19");
  drift.clock.drift = 0.0005;
  drift.length = 300;
  list.push_back(drift);
  Scenario forward = plain("limiter clock jumps fwd 0.7 s", 120, "97.7 / 0.00");
  forward.clock.jump_at = 45;
  forward.clock.jump = 0.7;
  list.push_back(forward);
  Scenario back = plain("limiter clock jumps back 0.7 s", 120, "99.6 / 1.03");
  back.clock.jump_at = 45;
  back.clock.jump = -0.7;
  list.push_back(back);
  Scenario date = plain("Date host 2 s off limiter", 120, "100.0 / 0.00");
  date.clock.date_offset = 2;
  list.push_back(date);
  Scenario behind = date;
  behind.name = "Date host 2 s behind limiter";
  behind.model = "";
  behind.clock.date_offset = -2;
  list.push_back(behind);
}

void add_networks(std::vector<Scenario>& list) {
  Scenario spiky = plain("1 s spikes on 2 %", 120, "99.1 / 0.07");
  spiky.network = Network::kSpiky;
  list.push_back(spiky);
  Scenario stalling = plain("1 s stall every 15 s", 120, "98.1 / 0.10");
  stalling.network = Network::kStalling;
  list.push_back(stalling);
  Scenario slow = plain("RTT median 200 ms", 120, "99.7 / 0.31");
  slow.network = Network::kSlowFar;
  list.push_back(slow);
}

void add_changes(std::vector<Scenario>& list) {
  Scenario down = plain("limit 40 -> 10", 120, "100.9 / 0.63");
  down.changes = {{45, 10}};
  list.push_back(down);
  Scenario up = limited("limit 10 -> 60", 3, {10, 25, 1}, "99.6 / 0.01");
  up.demand = three_clients(180);
  up.changes = {{45, 60}};
  list.push_back(up);
  Scenario bare = plain("no headers, no limit", 120, "100.0 / 0.00");
  bare.has_fields = bare.has_limiter = false;
  list.push_back(bare);
  Scenario hidden = plain("no headers, hidden 40", 120, "89.8 / 0.43");
  hidden.has_fields = false;
  list.push_back(hidden);
  Scenario slots = plain("service 800 ms, CL=25", 120, "92.1 / 0.00");
  slots.service = 0.8;
  list.push_back(slots);
  Scenario crowded = slots;
  crowded.name = "same + foreign 15 %";
  crowded.model = "82.6 / 1.92 / 7.6";
  crowded.foreign.rate = 0.15 * 31.25;
  list.push_back(crowded);
}

Scenario near(Scenario scenario, double length, std::string model) {
  scenario.network = Network::kLoopback;
  scenario.length = length;
  scenario.skip = 1;
  scenario.model = std::move(model);
  return scenario;
}

void add_near_foreign(std::vector<Scenario>& list) {
  const Foreign quarter{10, false, 0, 1e18};
  const Foreign half{20, false, 0, 1e18};
  list.push_back(near(with_foreign("foreign 25 % steady", quarter, ""), 20, "95 / 0.3 / 3-5"));
  list.push_back(near(with_foreign("foreign 50 % steady", half, ""), 20, "88 / 0.9 / 5-6"));
}

}  // namespace

std::vector<Scenario> network_scenarios() {
  std::vector<Scenario> list;
  list.push_back(plain("steady 3x, L=40", 120, "100.0 / 0.00"));
  list.push_back(plain("steady 0.8x", 32, "100.0 / 0.00"));
  list.push_back(limited("3x, L=10", 3, {10, 25, 1}, "99.9 / 0.00"));
  list.push_back(limited("3x, L=5", 3, {5, 25, 1}, "99.6 / 0.06"));
  list.push_back(limited("3x, 150/60 s, W unknown", 3, {150, 25, 60}, "100.0 / 0.00"));
  list.push_back(limited("0.8x, 150/60 s", 0.8, {150, 25, 60}, "100.0 / 0.00"));
  Scenario rush = bursts("500 at once from idle", {0.3, 0, 500, 50}, "101.4 / 0.05");
  rush.length = 30;
  list.push_back(rush);
  list.push_back(bursts("bursts of 20", {0.3, 2, 20, 5}, "100.0 / 0.00"));
  Scenario on_off = plain("on/off 5 s/10 s", 120, "100.2 / 0.00");
  for (Demand& demand : on_off.demand) {
    demand.on = 5;
    demand.off = 10;
  }
  list.push_back(on_off);
  list.push_back(shared("8 buckets, 2x", {0, 1, 2, 3, 4, 5, 6, 7}, 640, "99.8 / 0.01"));
  add_foreign(list);
  add_clocks(list);
  add_networks(list);
  list.push_back(shared("2 routes, 1 counter", {0, 0}, 120, "100.0 / 0.01"));
  list.push_back(shared("4 routes, 1 counter", {0, 0, 0, 0}, 120, "100.0 / 0.01"));
  list.push_back(shared("2 shared + 2 separate", {0, 0, 1, 2}, 360, "99.9 / 0.00"));
  add_changes(list);
  return list;
}

std::vector<Scenario> replica_scenarios() {
  std::vector<Scenario> list;
  const std::vector<std::pair<size_t, std::string>> rows = {
      {2, "96.6 / 0.1"}, {5, "87.6 / 0.4"}, {10, "89.0 / 1.3"}, {20, "95.3 / 4.7"}};
  for (const auto& row : rows) {
    Scenario scenario = plain(std::to_string(row.first) + " replicas, 3x", 120, row.second);
    scenario.fleet.replicas = row.first;
    list.push_back(scenario);
  }
  return list;
}

namespace {

Scenario fleet(std::string name, size_t replicas, double factor, double uneven = 0) {
  Scenario scenario = plain(std::to_string(replicas) + " replicas, " + name, 40 * factor, "");
  scenario.fleet.replicas = replicas;
  scenario.fleet.shares = true;
  scenario.fleet.uneven = uneven;
  return scenario;
}

void add_fleet_trouble(std::vector<Scenario>& list) {
  Scenario pause = fleet("3x, Redis stands still 10 s", 5, 3);
  pause.fleet.pause_from = 40;
  pause.fleet.pause_to = 50;
  list.push_back(pause);
  pause.name = "5 replicas, 0.9x, 60 % on one, the same";
  pause.demand = three_clients(36);
  pause.fleet.uneven = 0.6;
  list.push_back(pause);
  Scenario flush = fleet("3x, Redis is flushed", 5, 3);
  flush.fleet.flush_at = 45;
  list.push_back(flush);
  for (const double factor : {3.0, 0.9}) {
    Scenario kill =
        fleet(factor > 1 ? "3x, one dies each 5 s" : "0.9x, one dies each 5 s", 20, factor);
    kill.fleet.kill_every = 5;
    list.push_back(kill);
  }
}

void add_fleet_limits(std::vector<Scenario>& list) {
  for (const size_t replicas : {size_t{5}, size_t{20}}) {
    Scenario ten = fleet("3x, L=10", replicas, 0.75);
    ten.counters[0].limit = 10;
    list.push_back(ten);
    Scenario minute = fleet("3x, 150/60 s", replicas, 0.1875);
    minute.counters[0] = {150, 25, 60};
    minute.length = 900;
    list.push_back(minute);
    Scenario slots = fleet("service 800 ms, CL=25", replicas, 3);
    slots.service = 0.8;
    list.push_back(slots);
    Scenario others = fleet("3x, foreign 25 %", replicas, 3);
    others.foreign.rate = 10;
    list.push_back(others);
    Scenario change = fleet("3x, limit 40 -> 10", replicas, 3);
    change.changes = {{45, 10}};
    list.push_back(change);
    list.push_back(near(fleet("3x, loopback", replicas, 3), 90, ""));
  }
  Scenario rush = fleet("500 at once from idle", 5, 0);
  rush.demand.clear();
  rush.burst = {0.3, 0, 500, 50};
  rush.length = 30;
  list.push_back(rush);
}

}  // namespace

std::vector<Scenario> fleet_scenarios() {
  std::vector<Scenario> list;
  for (const size_t replicas : {size_t{1}, size_t{2}, size_t{5}, size_t{10}, size_t{20}}) {
    list.push_back(fleet("3x", replicas, 3));
    list.push_back(fleet("0.9x", replicas, 0.9));
    if (replicas == 1) continue;
    list.push_back(fleet("3x, 60 % on one", replicas, 3, 0.6));
    list.push_back(fleet("0.9x, 60 % on one", replicas, 0.9, 0.6));
  }
  add_fleet_limits(list);
  add_fleet_trouble(list);
  return list;
}

std::vector<Scenario> loopback_scenarios() {
  std::vector<Scenario> list;
  list.push_back(near(plain("3x demand", 120, ""), 10, "100 / 0"));
  list.push_back(near(plain("3x demand, 60 s", 120, ""), 60, "100 / 0"));
  list.push_back(near(plain("0.9x demand", 36, ""), 60, "100 / 0"));
  Scenario rush = near(bursts("500 at once", {0.3, 0, 500, 50}, ""), 20, "last sent 12.0 s / 0");
  rush.skip = 0;
  list.push_back(rush);
  rush.name = "200 at once";
  rush.burst.size = 200;
  rush.model = "last sent 4.8 s / 0";
  list.push_back(rush);
  list.push_back(near(limited("limit 5, 3x", 3, {5, 25, 1}, ""), 20, "96 / 0"));
  list.push_back(near(limited("limit 10, 3x", 3, {10, 25, 1}, ""), 20, "-"));
  list.push_back(near(shared("2 routes, 1 counter", {0, 0}, 120, ""), 20, "100 / 0"));
  add_near_foreign(list);
  Scenario down = near(plain("limit 40 -> 10", 120, ""), 20, "- / 0.2");
  down.changes = {{10, 10}};
  list.push_back(down);
  Scenario swing = near(plain("limit 40 -> 10 -> 40", 120, ""), 30, "-");
  swing.changes = {{10, 10}, {20, 40}};
  list.push_back(swing);
  list.push_back(near(limited("150 per 60 s", 3, {150, 25, 60}, ""), 240, "100 / 0"));
  Scenario slots = near(plain("service 800 ms, CL 25", 120, ""), 30, "99.4 / 0");
  slots.service = 0.8;
  list.push_back(slots);
  Scenario three = near(plain("3 replicas", 120, ""), 20, "89 / 0.7");
  three.fleet.replicas = 3;
  list.push_back(three);
  Scenario bare = near(plain("no headers, no limit", 120, ""), 20, "100 / 0");
  bare.has_fields = bare.has_limiter = false;
  list.push_back(bare);
  Scenario hidden = near(plain("no headers, hidden 40", 120, ""), 10, "91 / 11");
  hidden.has_fields = false;
  hidden.skip = 0;
  list.push_back(hidden);
  hidden.name = "no headers, hidden 40, 30 s";
  hidden.length = 30;
  hidden.model = "89 / 4";
  list.push_back(hidden);
  return list;
}

}  // namespace postern::bench
