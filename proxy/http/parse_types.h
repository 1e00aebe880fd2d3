// What the head parsers are told and what they answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::http {

struct HeadLimits {
  size_t max_line = 8 * 1024;        // request or status line, bytes
  size_t max_head = 32 * 1024;       // whole head, bytes
  size_t max_fields = 100;           // field lines
  size_t max_name = 256;             // one field name, bytes
  bool host_optional_in_10 = false;  // requests of HTTP/1.0 may have no Host (RFC 9112 §3.2)
};

// Why a head was refused. `status` is what an HTTP server answers: 400, 405, 413, 414, 417, 431,
// 501 or 505; `detail` is a fixed sentence without bytes of the input.
struct ParseError {
  int status = 400;
  std::string_view detail;
};

enum class ParseState : uint8_t { kNeedMore, kDone, kError };

}  // namespace postern::http
