// What the two head parsers share: cutting a head into lines, reading a field line, and the rules
// of the fields that decide about framing and connection. Internal to http/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/field.h"
#include "http/parse_types.h"

namespace postern::http {

// Finds the ends of lines in bytes that arrive in any cuts, looking at each byte once.
class HeadLines final {
 public:
  enum class State : uint8_t { kLine, kNeedMore, kBadByte, kTooLong };

  // On kLine `line` is the next line without its CRLF. It must end within the first `limit` bytes
  // of the input. Control bytes of a line that is not complete yet are found at once; those of a
  // complete line are left to whoever reads it.
  State next(std::string_view input, size_t limit, std::string_view& line);

  size_t start() const { return line_start_; }  // first byte behind the lines handed out

 private:
  size_t scanned_ = 0;     // bytes that need no second look
  size_t line_start_ = 0;  // first byte of the line under way
};

// No control byte but HTAB.
bool is_clean_line(std::string_view line);

// What the fields of one head have said so far about its body and its connection.
struct HeadFacts {
  bool http10 = false;
  bool has_host = false;
  bool has_length = false;
  bool has_coding = false;
  bool expects_continue = false;
  bool close = false;
  bool keep_alive = false;
  bool odd_connection = false;  // Connection holds something that is no token
  uint64_t length = 0;
};

// The readers below return null when all is well, otherwise why not.

// Cuts a field line (RFC 9112 §5). On null `field` holds views into `line`.
const ParseError* read_field(std::string_view line, size_t max_name, Field& field);

// Notes Content-Length, Transfer-Encoding and Connection; any other field is ignored.
const ParseError* note_field(const Field& field, HeadFacts& facts);

inline constexpr ParseError kBadByte{
    400, "a line of the head holds a control byte or does not end in CRLF"};

}  // namespace postern::http
