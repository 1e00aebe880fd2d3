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

std::int64_t wall_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

std::int64_t Clock::now_ms() const {
  const std::int64_t wall = wall_ms();
  return wall + skew_ms_ + (wall - drifts_since_ms_) * drift_ppm_ / 1000000;
}

void Clock::set(std::int64_t skew_ms, std::int64_t drift_ppm, std::int64_t date_offset_ms) {
  skew_ms_ = skew_ms;
  drift_ppm_ = drift_ppm;
  drifts_since_ms_ = wall_ms();
  date_offset_ms_ = date_offset_ms;
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
