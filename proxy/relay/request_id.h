// Request ids: what ties a log line, an answer and a caller's own log together.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace postern::relay {

using RequestId = std::array<char, 16>;

// 64 bits as lower-case hexadecimal: a counter run through a mixing function, so ids neither repeat
// nor tell how many requests there were. One thread.
class RequestIds final {
 public:
  explicit RequestIds(uint64_t seed) : state_(seed) {}
  RequestId next();

 private:
  uint64_t state_;
};

// May a caller's own X-Request-Id be used? 1 to 128 letters, digits and -._:
bool is_request_id(std::string_view text);

}  // namespace postern::relay
