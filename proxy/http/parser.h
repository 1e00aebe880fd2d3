// The strict HTTP/1 head parsers. Sans I/O: bytes in, a value or a refusal out.
//
// Rules: RFC 9112, where it leaves a choice always the stricter one. Bare CR or LF, NUL and control
// bytes, obs-fold, space before a colon, more than one or an odd Content-Length, Content-Length
// beside Transfer-Encoding, any transfer coding but a single `chunked`, Transfer-Encoding in
// HTTP/1.0, a missing, doubled or malformed Host, and targets that are not in origin form (or in
// absolute form with scheme http or https) are refused.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/head_lines.h"  // ParseError
#include "http/message.h"

namespace postern::http {

struct HeadLimits {
  size_t max_line = 8 * 1024;   // request or status line, bytes
  size_t max_head = 32 * 1024;  // whole head, bytes
  size_t max_fields = 100;      // field lines
  size_t max_name = 256;        // one field name, bytes
};

enum class ParseState { kNeedMore, kDone, kError };

// Parses one head from bytes that arrive in any cuts. The input of each call starts at the same
// first byte and has at least the bytes of the call before (it may have moved in memory). Each line
// is checked once when it is complete, and a head that came in several calls is read once more when
// it is whole, so that one that arrives byte by byte costs linear time. An error is reported at the
// earliest line that shows it, a control byte at once; it does not depend on the cuts. Empty lines
// before a request line: one is skipped (RFC 9112 §2.2). After kDone or kError call reset() before
// the next head.
class RequestParser final {
 public:
  explicit RequestParser(const HeadLimits& limits) : limits_(limits) {}

  // On kDone `head` is filled, its views into `input`, and consumed() is the length of the head.
  ParseState parse(std::string_view input, RequestHead& head);
  size_t consumed() const { return consumed_; }
  const ParseError& error() const { return error_; }
  // Has anything of a request arrived (other than the one empty line)?
  bool started(std::string_view input) const;
  void reset();

 private:
  ParseState refuse(const ParseError& error);
  const ParseError* read_line(std::string_view line, RequestHead& head);
  const ParseError* finish(RequestHead& head) const;

  HeadLimits limits_;
  HeadLines lines_;
  HeadFacts facts_;
  bool skipped_empty_ = false;  // the one empty line
  bool has_start_line_ = false;
  size_t fields_ = 0;
  size_t consumed_ = 0;
  ParseError error_;
};

// The same for responses. `to_head_request` tells that a body never follows. 1xx are heads of their
// own: framing none, the caller decides. Bytes above are never part of an answer to HTTP/0.9.
class ResponseParser final {
 public:
  explicit ResponseParser(const HeadLimits& limits) : limits_(limits) {}

  ParseState parse(std::string_view input, bool to_head_request, ResponseHead& head);
  size_t consumed() const { return consumed_; }
  std::string_view error() const { return error_.detail; }
  void reset();

 private:
  ParseState refuse(const ParseError& error);
  const ParseError* read_line(std::string_view line, ResponseHead& head);

  HeadLimits limits_;
  HeadLines lines_;
  HeadFacts facts_;
  bool has_start_line_ = false;
  size_t fields_ = 0;
  size_t consumed_ = 0;
  ParseError error_;
};

}  // namespace postern::http
