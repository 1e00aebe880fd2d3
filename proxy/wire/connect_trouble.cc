#include "wire/connect_trouble.h"

#include <chrono>
#include <utility>

namespace postern::wire {
namespace {

constexpr Duration kBetween = std::chrono::seconds(10);
constexpr Duration kAgain = std::chrono::minutes(10);

// Without the address tried last: where there are several, it is another one each time.
std::string_view cause_of(std::string_view reason) {
  const size_t colon = reason.rfind(": ");
  return colon == std::string_view::npos ? reason : reason.substr(colon + 2);
}

}  // namespace

uint64_t ConnectTrouble::on_failed(std::string_view stage, std::string_view reason, Instant now) {
  ++untold_;
  std::string trouble = std::string(stage).append(": ").append(cause_of(reason));
  const Duration pause = trouble == told_ ? kAgain : kBetween;
  if (told_at_ && now < *told_at_ + pause) return 0;
  told_ = std::move(trouble);
  told_at_ = now;
  return std::exchange(untold_, 0);
}

}  // namespace postern::wire
