// What finding a request's endpoint costs, by the table that is part of the program.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "policy/catalogue.h"
#include "policy/rules.h"
#include "policy/unlisted_routes.h"

namespace postern::policy {
namespace {

struct Call {
  http::Method method = http::Method::kGet;
  std::string path;
};

const Catalogue& catalogue() {
  static const Catalogue made = Catalogue::built_in();
  return made;
}

// A path that the template stands for, with names as long as real ones.
std::string path_of(std::string_view path) {
  constexpr std::string_view kName = "4500000000000001";
  std::string out;
  while (!path.empty()) {
    const size_t open = path.find('{');
    out.append(path.substr(0, open));
    if (open == std::string_view::npos) break;
    out.append(kName);
    path.remove_prefix(path.find('}') + 1);
  }
  return out;
}

// One for each row of the table, the shortest path first.
std::vector<Call> calls() {
  std::vector<Call> made;
  for (const Endpoint& endpoint : catalogue().endpoints())
    made.push_back({endpoint.method, path_of(endpoint.path)});
  std::stable_sort(made.begin(), made.end(),
                   [](const Call& a, const Call& b) { return a.path.size() < b.path.size(); });
  return made;
}

void match_one(benchmark::State& state, const Call& call) {
  const Catalogue& known = catalogue();
  for (auto _ : state) benchmark::DoNotOptimize(known.match(call.method, call.path));
  state.SetLabel(call.path);
}

void match_longest(benchmark::State& state) {
  match_one(state, calls().back());
}
BENCHMARK(match_longest);

void match_median(benchmark::State& state) {
  const std::vector<Call> all = calls();
  match_one(state, all[all.size() / 2]);
}
BENCHMARK(match_median);

// The least time of a few rounds, so that an interruption does not make a path slow.
std::chrono::nanoseconds trial(const Call& call) {
  using Clock = std::chrono::steady_clock;
  auto least = std::chrono::nanoseconds::max();
  for (int round = 0; round < 5; ++round) {
    const auto begin = Clock::now();
    for (int i = 0; i < 1000; ++i)
      benchmark::DoNotOptimize(catalogue().match(call.method, call.path));
    least = std::min<std::chrono::nanoseconds>(least, Clock::now() - begin);
  }
  return least;
}

// Whichever of all templates that is.
void match_slowest(benchmark::State& state) {
  std::pair<std::chrono::nanoseconds, Call> slowest;
  for (const Call& call : calls()) {
    const auto time = trial(call);
    if (time > slowest.first) slowest = {time, call};
  }
  match_one(state, slowest.second);
}
BENCHMARK(match_slowest);

// One after the other, so that neither caches nor branch prediction know what comes; the time is
// for one match.
void match_all_in_turn(benchmark::State& state) {
  const std::vector<Call> all = calls();
  const Catalogue& known = catalogue();
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(known.match(all[i].method, all[i].path));
    i = (i + 211) % all.size();  // 211 has no factor in common with the size
  }
}
BENCHMARK(match_all_in_turn);

const std::string kUnknown = "/api/0/organizations/acme/new-thing/4500000000000001/part/";

void match_unknown(benchmark::State& state) {
  match_one(state, {http::Method::kGet, kUnknown});
}
BENCHMARK(match_unknown);

void match_unknown_and_name(benchmark::State& state) {
  UnlistedRoutes routes;
  for (auto _ : state) {
    const Match match = catalogue().match(http::Method::kGet, kUnknown);
    benchmark::DoNotOptimize(routes.name(match));
  }
}
BENCHMARK(match_unknown_and_name);

void match_ten_thousand_segments(benchmark::State& state) {
  std::string path = "/api/0/organizations/acme/";
  for (int i = 0; i < 10'000; ++i) path += "issues/";
  for (auto _ : state) benchmark::DoNotOptimize(catalogue().match(http::Method::kGet, path));
}
BENCHMARK(match_ten_thousand_segments);

// Twenty rules that allow and deny by template and by beginning, of which none fits.
Options twenty_rules() {
  Options options;
  for (const Endpoint& endpoint : catalogue().endpoints()) {
    if (endpoint.method != http::Method::kDelete) continue;
    RuleOptions rule;
    rule.effect = options.rules.size() % 2 == 0 ? Effect::kDeny : Effect::kAllow;
    rule.path = endpoint.path;
    if (options.rules.size() % 3 == 0) rule.path += "*";
    options.rules.push_back(std::move(rule));
    if (options.rules.size() == 20) break;
  }
  return options;
}

void judge_by_rules(benchmark::State& state) {
  const Options options = twenty_rules();
  const Rules rules = Rules::compile(options, catalogue()).value();
  const std::string path = "/api/0/organizations/acme/releases/app%401.0%2B5/deploys/";
  const Match match = catalogue().match(http::Method::kPost, path);
  for (auto _ : state)
    benchmark::DoNotOptimize(rules.judge({http::Method::kPost, path, match, {}, {}, {}}));
}
BENCHMARK(judge_by_rules);

void judge_without_rules(benchmark::State& state) {
  const Rules rules(catalogue());
  const std::string path = "/api/0/organizations/acme/releases/app%401.0%2B5/deploys/";
  const Match match = catalogue().match(http::Method::kPost, path);
  for (auto _ : state)
    benchmark::DoNotOptimize(rules.judge({http::Method::kPost, path, match, {}, {}, {}}));
}
BENCHMARK(judge_without_rules);

void read_the_table(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Catalogue::built_in());
}
BENCHMARK(read_the_table)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace postern::policy
