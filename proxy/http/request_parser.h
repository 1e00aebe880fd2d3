// The strict parser of request heads. The rules are in http/parser.h.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/head_lines.h"
#include "http/message.h"
#include "http/parse_types.h"

namespace postern::http {

// Parses one head from bytes that arrive in any cuts. The input of each call starts at the same
// first byte and has at least the bytes of the call before (it may have moved in memory). Each line
// is checked once when it is complete, and a head that came in several calls is read once more when
// it is whole, so that one that arrives byte by byte costs linear time. An error is reported at the
// earliest line that shows it, a control byte at once, a missing or differing Host at the end; it
// does not depend on the cuts. Empty lines
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
  // Must not look at views that are in `head` already: they may be stale.
  const ParseError* read_line(std::string_view line, RequestHead& head);
  const ParseError* finish(RequestHead& head) const;  // what only the whole head can tell

  HeadLimits limits_;
  HeadLines lines_;
  HeadFacts facts_;
  bool skipped_empty_ = false;  // the one empty line
  bool has_start_line_ = false;
  size_t fields_ = 0;
  size_t consumed_ = 0;
  ParseError error_;
};

}  // namespace postern::http
