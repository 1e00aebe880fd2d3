// What is played: limits, demand, others on the same counter, clocks, network. And what the
// simulation that the algorithm was found with had for it, to put beside.
#pragma once

#include <string>
#include <vector>

#include "limiter.h"

namespace postern::bench {

enum class Network { kFar, kSlowFar, kSpiky, kStalling, kLoopback };

struct Demand {
  double rate = 0;     // calls per second, Poisson
  size_t route = 0;    // index of a route; its counter is in Scenario::counter_of_route
  bool light = false;  // counted among the light clients
  double on = 0;       // seconds of demand, then `off` seconds without; 0: always
  double off = 0;
};

struct Burst {
  double first = 0.3;  // at this moment, and then every `every` seconds (0: once)
  double every = 0;
  int size = 0;
  int clients = 1;
};

struct Foreign {
  double rate = 0;      // calls per second
  bool bursty = false;  // in bursts of 20 to 40 within half a second
  double from = 0;
  double to = 1e18;
};

struct LimitChange {
  double at = 0;
  int64_t limit = 0;
};

// Several Posterns, and the engine through which they share limits.
struct Fleet {
  size_t replicas = 1;
  bool shares = false;
  double uneven = 0;         // part of the demand that the first replica gets; 0: all alike
  double pause_from = 1e18;  // the engine stands still
  double pause_to = 1e18;
  double flush_at = 1e18;  // it forgets everything
  double kill_every = 0;   // seconds; a replica dies, and another takes its place at once
};

struct Scenario {
  std::string name;
  std::vector<CounterSettings> counters{CounterSettings{}};
  std::vector<size_t> counter_of_route{0};
  std::vector<Demand> demand;
  Burst burst;
  Foreign foreign;
  LimiterClock clock;
  std::vector<LimitChange> changes;
  Network network = Network::kFar;
  double service = 0;  // fixed seconds; 0: as the network's kind says
  bool has_fields = true;
  bool has_limiter = true;
  Fleet fleet;
  double length = 90;
  double patience = 20;
  double skip = 0;  // seconds at the start that are not counted
  double reserve = 0;
  std::string model;  // goodput / rejected / foreign hurt, percent, as the first model had them
};

std::vector<Scenario> network_scenarios();
std::vector<Scenario> replica_scenarios();
std::vector<Scenario> loopback_scenarios();
std::vector<Scenario> fleet_scenarios();

}  // namespace postern::bench
