// What a grant remembers about kinds of request: for which of them a refresh is no cure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace postern::grants {

// Routes that are known for something, each for ten minutes. Bounded. Loop thread.
class RouteMarks final {
 public:
  // Because of a request sent at `sent_at` with a token of `generation`.
  void mark(std::string_view route, Instant now, uint64_t generation, Instant sent_at);
  bool has(std::string_view route, Instant now) const { return bool(generation_of(route, now)); }
  // Of the request that it was marked for; none: it is not marked.
  std::optional<uint64_t> generation_of(std::string_view route, Instant now) const;
  bool empty() const { return marks_.empty(); }
  void lift(std::string_view route);
  // Lifts marks of generations below `newer`, but for those that were alive when the request was
  // sent: up to `generation`, which was at `alive_at`.
  void lift_unproven(uint64_t newer, uint64_t generation, Instant alive_at);
  void drop_expired(Instant now);

 private:
  struct Mark {
    Instant until;
    uint64_t generation = 0;
    Instant sent_at;
  };
  std::unordered_map<std::string, Mark> marks_;
};

// Three times in any ten minutes. Loop thread.
class FewTimes final {
 public:
  bool has_room(Instant now) const { return now >= free_at_[next_]; }
  void take(Instant now);  // REQUIRES: has_room(now)

 private:
  std::array<Instant, 3> free_at_{};  // each of the three again
  size_t next_ = 0;                   // the one that is free first
};

}  // namespace postern::grants
