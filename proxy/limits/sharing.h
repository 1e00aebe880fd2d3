// Do two routes draw on one counter? The place in the count that each answer shows decides: one
// place given out twice in one window proves two counters, and so do two limits; places that never
// meet, over several windows, speak for one.
//
// One per family: all routes of one user, host and group, whatever buckets they are in.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "limits/call_ledger.h"

namespace postern::limits {

// What one answer said about its place.
struct Rank {
  RouteId route = 0;
  int64_t limit = 0;
  int64_t window = 1;  // length, as the route's bucket believes
  int64_t rank = 0;
  int64_t reset = 0;
};

struct RoutePair {
  RouteId a = 0;  // a < b
  RouteId b = 0;
  bool operator<(const RoutePair& other) const { return a != other.a ? a < other.a : b < other.b; }
  bool operator==(const RoutePair& other) const { return a == other.a && b == other.b; }
};
RoutePair pair_of(RouteId a, RouteId b);

// What judging the windows that are over has brought.
struct Judgement {
  std::vector<RoutePair> separate;  // proved to have different counters
  std::vector<RoutePair> together;  // likely to have one
};

class Sharing final {
 public:
  void add(const Rank& rank);
  // Judges windows that ended two window lengths before `reset`, once each.
  Judgement judge(int64_t reset, int64_t window, Seconds now);

  // Proved at most ten minutes ago: a counter that is not quite exact would fake a proof.
  bool are_separate(RouteId a, RouteId b, Seconds now) const;
  void forget_proof(RouteId a, RouteId b) { proofs_.erase(pair_of(a, b)); }

 private:
  struct Evidence {
    int windows = 0;
    size_t calls = 0;
  };
  void judge_window(const std::vector<Rank>& ranks, Judgement& judgement, Seconds now);
  void judge_pair(const std::vector<Rank>& a, const std::vector<Rank>& b, Judgement& judgement,
                  Seconds now);
  void prove(RoutePair pair, Judgement& judgement, Seconds now);

  std::map<int64_t, std::vector<Rank>> windows_;  // by Reset; at most kWindows of kRanks
  std::map<RoutePair, Seconds> proofs_;           // when
  std::map<RoutePair, Evidence> evidence_;        // for one counter
};

// Spreads routes over as few classes as proofs allow: element i is the class of routes[i]. Earlier
// routes choose first.
std::vector<size_t> spread(const std::vector<RouteId>& routes, const Sharing& sharing, Seconds now);

}  // namespace postern::limits
