// Clock: wall time, as far ahead or behind as a test asks for.
#pragma once

#include <cstdint>
#include <string>

namespace postern::sandbox {

class Clock final {
 public:
  std::int64_t now_ms() const;  // since the epoch
  std::int64_t now_s() const { return now_ms() / 1000; }
  void set_skew_ms(std::int64_t skew) { skew_ms_ = skew; }
  std::int64_t skew_ms() const { return skew_ms_; }

 private:
  std::int64_t skew_ms_ = 0;
};

std::string iso_time(std::int64_t ms);   // 2024-11-27T23:20:21.054320Z
std::string http_date(std::int64_t ms);  // Wed, 27 Nov 2024 23:20:21 GMT

}  // namespace postern::sandbox
