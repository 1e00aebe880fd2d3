// Clock: wall time, as far ahead or behind, and as fast, as a test asks for.
#pragma once

#include <cstdint>
#include <string>

namespace postern::sandbox {

class Clock final {
 public:
  std::int64_t now_ms() const;  // since the epoch
  std::int64_t now_s() const { return now_ms() / 1000; }
  // What the `Date` of answers says; its writer may be another machine than the one that counts.
  std::int64_t date_ms() const { return now_ms() + date_offset_ms_; }
  // From now on: off by `skew_ms`, and by `drift_ppm` microseconds more with each second.
  void set(std::int64_t skew_ms, std::int64_t drift_ppm, std::int64_t date_offset_ms);

 private:
  std::int64_t skew_ms_ = 0;
  std::int64_t drift_ppm_ = 0;
  std::int64_t drifts_since_ms_ = 0;
  std::int64_t date_offset_ms_ = 0;
};

std::string iso_time(std::int64_t ms);   // 2024-11-27T23:20:21.054320Z
std::string http_date(std::int64_t ms);  // Wed, 27 Nov 2024 23:20:21 GMT

}  // namespace postern::sandbox
