#include "grants/route_marks.h"

#include <cassert>

namespace postern::grants {
namespace {

constexpr Duration kRest = std::chrono::minutes(10);
constexpr size_t kMaxMarks = 256;

}  // namespace

void RouteMarks::mark(std::string_view route, Instant now, uint64_t generation, Instant sent_at) {
  if (marks_.size() >= kMaxMarks) marks_.clear();
  marks_[std::string(route)] = {now + kRest, generation, sent_at};
}

std::optional<uint64_t> RouteMarks::generation_of(std::string_view route, Instant now) const {
  const auto found = marks_.find(std::string(route));
  if (found == marks_.end() || now >= found->second.until) return std::nullopt;
  return found->second.generation;
}

void RouteMarks::lift(std::string_view route) {
  marks_.erase(std::string(route));
}

void RouteMarks::lift_unproven(uint64_t newer, uint64_t generation, Instant alive_at) {
  std::erase_if(marks_, [&](const auto& entry) {
    const Mark& mark = entry.second;
    const bool is_unproven =
        mark.generation > generation || (mark.generation == generation && mark.sent_at > alive_at);
    return mark.generation < newer && is_unproven;
  });
}

void RouteMarks::drop_expired(Instant now) {
  std::erase_if(marks_, [now](const auto& entry) { return now >= entry.second.until; });
}

void FewTimes::take(Instant now) {
  assert(has_room(now));
  free_at_[next_] = now + kRest;
  next_ = (next_ + 1) % free_at_.size();
}

}  // namespace postern::grants
