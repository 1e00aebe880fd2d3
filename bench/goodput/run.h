// One run of a scenario: callers, network, replicas and the limiter, as events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine.h"
#include "events.h"
#include "limiter.h"
#include "limits/governor.h"
#include "scenario.h"
#include "simulation.h"

namespace postern::bench {

using limits::Governor;

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
    std::vector<double> served;  // per 30 seconds
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
  std::unique_ptr<Governor> make_governor();
  size_t choose_replica();
  void kill_one();
  void ask_fleet(size_t replica);
  void note_activity(size_t replica);
  void note_question(const Governor& asks, const std::string& bucket);
  double evenness() const;
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
  Engine engine_;
  std::vector<std::unique_ptr<Governor>> dead_;  // handles of lost calls refer to them
  std::set<std::pair<size_t, int64_t>> active_;  // replica, window
  using Asked = std::tuple<const Governor*, std::string, int64_t>;  // who, of which bucket, window
  std::map<Asked, int64_t> questions_;
  uint64_t governors_ = 0;
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

}  // namespace postern::bench
