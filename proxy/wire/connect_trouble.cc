#include "wire/connect_trouble.h"

#include <chrono>
#include <utility>

namespace postern::wire {
namespace {

constexpr Duration kBetween = std::chrono::seconds(10);

}  // namespace

uint64_t ConnectTrouble::on_failed(std::string_view stage, std::string_view reason, Instant now) {
  ++untold_;
  std::string trouble = std::string(stage).append(": ").append(reason);
  const bool is_early = told_at_ && now < *told_at_ + kBetween;
  if (trouble == told_ || is_early) return 0;
  told_ = std::move(trouble);
  told_at_ = now;
  return std::exchange(untold_, 0);
}

}  // namespace postern::wire
