// The strict parser of response heads. The rules are in http/parser.h.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/head_lines.h"
#include "http/message.h"
#include "http/parse_types.h"

namespace postern::http {

// The same for answers: see RequestParser. `to_head_request` tells that a body never follows. 1xx
// are heads of their own, with framing none; what to do with 101 is the caller's to decide. An
// answer of HTTP/0.9, which has no head, is refused.
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
