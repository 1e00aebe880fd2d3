#include "limits/sharing.h"

#include <algorithm>

namespace postern::limits {
namespace {

constexpr size_t kWindows = 8;
constexpr size_t kRanks = 2048;  // more calls in one window are not needed for a proof
constexpr Seconds kProofLife = 600;
constexpr size_t kLeastRanks = 2;  // per route and window, to speak for one counter
constexpr size_t kLeastCalls = 6;

bool same_rank_twice(const std::vector<Rank>& a, const std::vector<Rank>& b) {
  const auto less = [](const Rank& x, const Rank& y) { return x.rank < y.rank; };
  for (const Rank& rank : a)  // both are sorted
    if (std::binary_search(b.begin(), b.end(), rank, less)) return true;
  return false;
}

// The one limit that the route showed in this window; -1 if it changed while it lasted.
int64_t limit_of(const std::vector<Rank>& ranks) {
  const auto differs = [&](const Rank& rank) { return rank.limit != ranks.front().limit; };
  return std::any_of(ranks.begin(), ranks.end(), differs) ? -1 : ranks.front().limit;
}

}  // namespace

RoutePair pair_of(RouteId a, RouteId b) {
  return {std::min(a, b), std::max(a, b)};
}

void Sharing::add(const Rank& rank) {
  if (rank.rank < 1) return;
  std::vector<Rank>& ranks = windows_[rank.reset];
  if (ranks.size() < kRanks) ranks.push_back(rank);
  if (windows_.size() > kWindows) windows_.erase(windows_.begin());
}

Judgement Sharing::judge(int64_t reset, int64_t window, Seconds now) {
  Judgement judgement;
  while (!windows_.empty() && windows_.begin()->first + 2 * window <= reset) {
    judge_window(windows_.begin()->second, judgement, now);
    windows_.erase(windows_.begin());
  }
  return judgement;
}

void Sharing::judge_window(const std::vector<Rank>& ranks, Judgement& judgement, Seconds now) {
  std::map<RouteId, std::vector<Rank>> by_route;
  for (const Rank& rank : ranks) by_route[rank.route].push_back(rank);
  const auto less = [](const Rank& x, const Rank& y) { return x.rank < y.rank; };
  for (auto& entry : by_route) std::sort(entry.second.begin(), entry.second.end(), less);
  for (auto a = by_route.begin(); a != by_route.end(); ++a)
    for (auto b = std::next(a); b != by_route.end(); ++b)
      judge_pair(a->second, b->second, judgement, now);
}

void Sharing::judge_pair(const std::vector<Rank>& a, const std::vector<Rank>& b,
                         Judgement& judgement, Seconds now) {
  const RoutePair pair = pair_of(a.front().route, b.front().route);
  const int64_t limit_a = limit_of(a);
  const int64_t limit_b = limit_of(b);
  if (limit_a < 0 || limit_b < 0) return;
  if (a.front().window != b.front().window) {
    // Beliefs about lengths are no proof, and ranks of different windows cannot be compared.
    if (limit_a != limit_b) prove(pair, judgement, now);
    return;
  }
  if (limit_a != limit_b || same_rank_twice(a, b)) return prove(pair, judgement, now);
  if (a.size() < kLeastRanks || b.size() < kLeastRanks) return;
  Evidence& evidence = evidence_[pair];
  ++evidence.windows;
  evidence.calls += std::min(a.size(), b.size());
  if (evidence.windows < 2 || evidence.calls < kLeastCalls) return;
  judgement.together.push_back(pair);
}

void Sharing::prove(RoutePair pair, Judgement& judgement, Seconds now) {
  proofs_[pair] = now;
  evidence_.erase(pair);
  judgement.separate.push_back(pair);
}

bool Sharing::are_separate(RouteId a, RouteId b, Seconds now) const {
  const auto found = proofs_.find(pair_of(a, b));
  return found != proofs_.end() && now - found->second < kProofLife;
}

std::vector<size_t> spread(const std::vector<RouteId>& routes, const Sharing& sharing,
                           Seconds now) {
  std::vector<size_t> classes;
  size_t count = 0;
  for (size_t i = 0; i < routes.size(); ++i) {
    size_t chosen = 0;
    const auto clashes = [&](size_t candidate) {
      for (size_t j = 0; j < i; ++j)
        if (classes[j] == candidate && sharing.are_separate(routes[i], routes[j], now)) return true;
      return false;
    };
    while (chosen < count && clashes(chosen)) ++chosen;
    count = std::max(count, chosen + 1);
    classes.push_back(chosen);
  }
  return classes;
}

}  // namespace postern::limits
