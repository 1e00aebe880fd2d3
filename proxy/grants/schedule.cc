#include "grants/schedule.h"

#include <algorithm>

namespace postern::grants {
namespace {

// An endpoint may ask for any rest, but a mistake of its must not end the grant.
constexpr Duration kLongestRest = std::chrono::hours(1);

}  // namespace

RefreshPlan plan_refresh(const Token& token, const RefreshOptions& options, double random) {
  const Duration lifetime = std::max(token.lifetime, Duration::zero());
  const Duration last_safe = std::min(options.last_safe, lifetime / 4);
  const Duration share = lifetime / 100 * options.early_percent;
  const Duration margin = std::max(share, last_safe * 3 / 2);
  // Jitter makes it earlier only, so that it stays clear of the last safe moment.
  const Duration jitter(
      static_cast<Duration::rep>(static_cast<double>(margin.count()) * random / 5));
  const Instant floor = token.obtained_at + std::min(options.floor, lifetime / 2);
  RefreshPlan plan;
  plan.last_safe = *token.dies_at - last_safe;
  plan.early = std::min(std::max(*token.dies_at - margin - jitter, floor), plan.last_safe);
  plan.hold = std::min(options.hold, lifetime / 4);
  // Where there is little time, a hold is over before the last moment all the same.
  plan.first_hold = std::min(plan.early, std::max(plan.last_safe - plan.hold, floor));
  return plan;
}

Instant next_attempt(const RefreshPlan& plan, Instant now) {
  // Holding costs somebody's time: at most a fifth of it, and rarely while there is plenty left.
  const Duration pause = std::max(plan.hold * 4, (plan.last_safe - now) / 8);
  return std::min(now + pause, plan.last_safe);
}

Duration backoff(int failures, const RefreshOptions& options, std::optional<Duration> retry_after,
                 double random) {
  const int doublings = std::clamp(failures - 1, 0, 20);
  Duration rest = options.backoff_min;
  for (int i = 0; i < doublings && rest < options.backoff_max; ++i) rest *= 2;
  rest = std::min(rest, options.backoff_max);
  const double spread = 0.5 + random / 2;
  rest = Duration(static_cast<Duration::rep>(static_cast<double>(rest.count()) * spread));
  rest = std::max(rest, options.backoff_min);
  return std::max(rest, std::min(retry_after.value_or(Duration::zero()), kLongestRest));
}

}  // namespace postern::grants
