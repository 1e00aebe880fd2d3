// usage: goodput_simulation [--seeds N] [--first SEED] [--set network|replicas|fleet|loopback]
// [NAME]
//
// Plays Sentry's limiter against the governor in simulated time and prints, per scenario, what came
// of it beside the figures of the model that the algorithm was found with. NAME: only scenarios
// whose name holds it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "scenario.h"
#include "simulation.h"

namespace postern::bench {
namespace {

struct Arguments {
  int seeds = 4;
  uint64_t first = 101;
  std::string set;
  std::string name;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--seeds") == 0 && has_value) {
      arguments.seeds = std::max(1, std::atoi(argv[++i]));
    } else if (std::strcmp(argv[i], "--first") == 0 && has_value) {
      arguments.first = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--set") == 0 && has_value) {
      arguments.set = argv[++i];
    } else {
      arguments.name = argv[i];
    }
  }
  return arguments;
}

// Means over the seeds; the worst of goodput and rejections.
struct Row {
  Figures mean;
  double least_goodput = 1e9;
  double most_rejected = 0;
  double least_evenness = 1;
  int64_t late = 0;
  int64_t passed_on = 0;
};

void add(double& sum, double value, int seeds) {
  sum += value / seeds;
}

Row play(const Scenario& scenario, const Arguments& arguments) {
  Row row;
  Figures& mean = row.mean;
  for (int i = 0; i < arguments.seeds; ++i) {
    const Figures one = simulate(scenario, arguments.first + static_cast<uint64_t>(i));
    const int n = arguments.seeds;
    add(mean.goodput, one.goodput, n);
    add(mean.rejected, one.rejected, n);
    add(mean.concurrency, one.concurrency, n);
    add(mean.foreign_hurt, one.foreign_hurt, n);
    add(mean.light_served, one.light_served, n);
    add(mean.light_p50, one.light_p50, n);
    add(mean.light_p99, one.light_p99, n);
    add(mean.p50, one.p50, n);
    add(mean.p99, one.p99, n);
    add(mean.last_answer, one.last_answer, n);
    add(mean.evenness, one.evenness, n);
    add(mean.commands, one.commands, n);
    row.least_evenness = std::min(row.least_evenness, one.evenness);
    row.least_goodput = std::min(row.least_goodput, one.goodput);
    row.most_rejected = std::max(row.most_rejected, one.rejected);
    mean.refused += one.refused;
    mean.refused_after_wait += one.refused_after_wait;
    row.late += one.refused_late;
    row.passed_on += one.passed_on;
    mean.most_in_flight = std::max(mean.most_in_flight, one.most_in_flight);
    mean.most_questions = std::max(mean.most_questions, one.most_questions);
    mean.rejections_by_second = one.rejections_by_second;
  }
  return row;
}

void print(const Scenario& scenario, const Row& row) {
  const Figures& mean = row.mean;
  std::printf("%-31s %6.1f %6.2f %5.1f | %6.1f %6.2f | %-20s |", scenario.name.c_str(),
              mean.goodput, mean.rejected, mean.foreign_hurt, row.least_goodput, row.most_rejected,
              scenario.model.c_str());
  if (scenario.burst.size > 0 && scenario.burst.every <= 0) {
    std::printf(" all answered after %.1f s", mean.last_answer);
  } else if (mean.light_served > 0) {
    std::printf(" light %3.0f %% p50 %.2f p99 %5.2f", mean.light_served, mean.light_p50,
                mean.light_p99);
  }
  if (scenario.fleet.replicas > 1)
    std::printf(" jain %.3f (%.3f) cmds %.3f most %ld", mean.evenness, row.least_evenness,
                mean.commands, static_cast<long>(mean.most_questions));
  std::printf(" all p50 %.2f p99 %5.2f", mean.p50, mean.p99);
  if (mean.refused > 0)
    std::printf(" refused %ld, after a wait %ld", static_cast<long>(mean.refused),
                static_cast<long>(mean.refused_after_wait));
  if (row.late > 0) std::printf(" LATE %ld", static_cast<long>(row.late));
  if (row.passed_on > 0) std::printf(" passed on %ld", static_cast<long>(row.passed_on));
  std::printf(" slots %ld conc %.2f", static_cast<long>(mean.most_in_flight), mean.concurrency);
  if (!scenario.changes.empty()) {
    std::printf(" rejections at");
    for (size_t i = 0; i < mean.rejections_by_second.size(); ++i)
      if (mean.rejections_by_second[i] > 0)
        std::printf(" %zu:%ld", i, static_cast<long>(mean.rejections_by_second[i]));
  }
  std::printf("\n");
  std::fflush(stdout);
}

void play_set(const char* title, const std::vector<Scenario>& set, const Arguments& arguments) {
  if (!arguments.set.empty() && arguments.set != title) return;
  std::printf("\n%s: %% of the possible, %% of calls rejected, %% of others' calls rejected\n",
              title);
  std::printf("%-31s %20s | %13s | %-20s | wait in seconds\n", "scenario", "mean", "worst seed",
              "model");
  for (const Scenario& scenario : set)
    if (scenario.name.find(arguments.name) != std::string::npos)
      print(scenario, play(scenario, arguments));
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
  using namespace postern::bench;  // NOLINT(google-build-using-namespace): this file's own
  const Arguments arguments = parse(argc, argv);
  play_set("network", network_scenarios(), arguments);
  play_set("replicas", replica_scenarios(), arguments);
  play_set("fleet", fleet_scenarios(), arguments);
  play_set("loopback", loopback_scenarios(), arguments);
  return 0;
}
