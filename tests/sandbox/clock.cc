#include "clock.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace postern::sandbox {
namespace {

std::string formatted(std::int64_t ms, const char* format) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const auto size = std::strftime(text.data(), text.size(), format, &parts);
  return {text.data(), size};
}

}  // namespace

std::int64_t Clock::now_ms() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count() + skew_ms_;
}

std::string iso_time(std::int64_t ms) {
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%06dZ", static_cast<int>(ms % 1000) * 1000);
  return formatted(ms, "%Y-%m-%dT%H:%M:%S") + fraction.data();
}

std::string http_date(std::int64_t ms) {
  return formatted(ms, "%a, %d %b %Y %H:%M:%S GMT");
}

}  // namespace postern::sandbox
