#include "http/response_parser.h"

#include <algorithm>

#include "http/chars.h"
#include "http/status.h"

namespace postern::http {
namespace {

// The status of an error is for servers; here only the sentence counts.
constexpr ParseError kLongLine{502, "the status line of the answer is too long"};
constexpr ParseError kLongHead{502, "the head of the answer is too long"};
constexpr ParseError kManyFields{502, "the head of the answer has too many fields"};
constexpr ParseError kOddLine{502, "the answer does not begin with a status line"};
constexpr ParseError kOddVersion{502, "the answer is not HTTP/1.1 or HTTP/1.0"};
constexpr ParseError kOddStatus{502, "the status of the answer is not between 100 and 599"};

// "HTTP/1.1 200 OK"; the space behind the status may be missing when there is no phrase.
const ParseError* read_status_line(std::string_view line, ResponseHead& head) {
  constexpr size_t kShortest = std::string_view("HTTP/1.1 200").size();
  if (line.substr(0, 5) != "HTTP/") return &kOddLine;
  const bool http1 = line.substr(5, 2) == "1." && line.size() > 7 && (line[7] | 1) == '1';
  if (!http1) return &kOddVersion;
  if (line.size() < kShortest || line[8] != ' ') return &kOddLine;
  const std::string_view status = line.substr(9, 3);
  if (chars::span_of(status, chars::kDigit) != 3) return &kOddStatus;
  if (line.size() > kShortest && line[kShortest] != ' ') return &kOddStatus;
  head.minor_version = line[7] - '0';
  head.status = (status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0');
  head.reason = line.substr(std::min(kShortest + 1, line.size()));
  if (head.status < 100 || head.status > 599) return &kOddStatus;
  return is_field_value(head.reason) ? nullptr : &kBadByte;
}

// RFC 9112 §6.3, in its order.
Framing declared_by(const HeadFacts& facts) {
  if (facts.has_coding) return Framing::chunked();
  if (facts.has_length) return Framing::of_length(facts.length);
  return Framing::until_close();
}

}  // namespace

ParseState ResponseParser::parse(std::string_view input, bool to_head_request, ResponseHead& head) {
  const bool fresh = lines_.start() == 0;
  if (fresh) head.clear();
  while (true) {
    const size_t line_end = limits_.max_line + 2;
    const size_t limit = has_start_line_ ? limits_.max_head : std::min(line_end, limits_.max_head);
    std::string_view line;
    switch (lines_.next(input, limit, line)) {
      case HeadLines::State::kNeedMore:
        return ParseState::kNeedMore;
      case HeadLines::State::kBadByte:
        return refuse(kBadByte);
      case HeadLines::State::kTooLong:
        return refuse(has_start_line_ ? kLongHead : kLongLine);
      case HeadLines::State::kLine:
        break;
    }
    if (line.empty() && has_start_line_) break;
    const ParseError* fault = read_line(line, head);
    if (fault != nullptr) return refuse(is_clean_line(line) ? *fault : kBadByte);
  }
  if (!fresh) {
    // Lines of earlier calls left views into memory that may be gone: read the whole once more.
    reset();
    return parse(input, to_head_request, head);
  }
  head.declared = declared_by(facts_);
  if (!to_head_request && !is_bodiless(head.status)) head.framing = head.declared;
  const bool endless = head.framing.kind == Framing::Kind::kUntilClose;
  const bool asked = head.minor_version == 1 || facts_.keep_alive;
  head.keep_alive = asked && !facts_.close && !facts_.odd_connection && !endless;
  consumed_ = lines_.start();
  return ParseState::kDone;
}

const ParseError* ResponseParser::read_line(std::string_view line, ResponseHead& head) {
  if (!has_start_line_) {
    has_start_line_ = true;
    const ParseError* fault = read_status_line(line, head);
    facts_.http10 = head.minor_version == 0;
    return fault;
  }
  if (++fields_ > limits_.max_fields) return &kManyFields;
  Field field;
  const ParseError* fault = read_field(line, limits_.max_name, field);
  if (fault != nullptr) return fault;
  head.fields.push_back(field);
  return note_field(field, facts_);
}

void ResponseParser::reset() {
  *this = ResponseParser(limits_);
}

ParseState ResponseParser::refuse(const ParseError& error) {
  error_ = error;
  return ParseState::kError;
}

}  // namespace postern::http
