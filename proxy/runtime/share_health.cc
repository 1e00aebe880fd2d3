#include "runtime/share_health.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "limits/fleet_share.h"

namespace postern::runtime {
namespace {

using namespace std::chrono_literals;

constexpr Duration kNews = 1s;  // of trouble
constexpr auto kPatience = std::chrono::duration_cast<Duration>(
    std::chrono::duration<double>(limits::FleetShare::kPatience));

}  // namespace

void ShareHealth::on_answer(Instant asked) {
  const Duration took = clock_.now() - asked;
  if (took > kPatience) {
    ++report_.late;
    return on_trouble(
        asked, "Redis answered after " +
                   text::format_duration(std::chrono::ceil<std::chrono::milliseconds>(took)) +
                   ", which is later than limits can wait (" + text::format_duration(kPatience) +
                   ")");
  }
  ++report_.answered;
  report_.fault.clear();
  if (is_told_) logger_.info("limits_shared").ms("lasted_ms", clock_.now() - *since_);
  is_told_ = false;
  since_.reset();
}

void ShareHealth::on_replicas(int64_t replicas) {
  asking_ = replicas;
  report_.replicas = static_cast<uint64_t>(std::max(asking_, listed_));
}

void ShareHealth::on_listed(int64_t replicas) {
  listed_ = replicas;
  report_.replicas = static_cast<uint64_t>(std::max(asking_, listed_));
}

void ShareHealth::on_failure(Instant asked, std::string_view why) {
  ++report_.failed;
  on_trouble(asked, std::string(why));
}

void ShareHealth::on_trouble(Instant asked, std::string why) {
  report_.fault = std::move(why);
  if (!since_) since_ = asked;
  if (is_told_ || clock_.now() - *since_ < kNews) return;
  is_told_ = true;
  logger_.warn("limits_unshared")
      .str("reason", report_.fault)
      .num("replicas", static_cast<int64_t>(report_.replicas))
      .str("detail",
           "requests go on: until Redis answers in time, this Postern takes its equal part of each "
           "limit, by the number of those that are known to share it");
}

}  // namespace postern::runtime
