#include "http/head_lines.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "http/chars.h"

namespace postern::http {
namespace {

constexpr ParseError kFolded{400, "a field line begins with white space"};
constexpr ParseError kBadName{400, "a field name is empty or holds a byte that is not allowed"};
constexpr ParseError kNoColon{400, "a field line has no colon right behind its name"};
constexpr ParseError kLongName{431, "a field name is too long"};
constexpr ParseError kTwoLengths{400, "more than one Content-Length"};
constexpr ParseError kOddLength{400, "Content-Length is not a plain number"};
constexpr ParseError kHugeLength{413, "Content-Length is too large"};
constexpr ParseError kTwoCodings{400, "more than one Transfer-Encoding"};
constexpr ParseError kOddCoding{400, "Transfer-Encoding is malformed"};
constexpr ParseError kUnknownCoding{501, "the only transfer coding known here is chunked"};
constexpr ParseError kCodingIn10{400, "Transfer-Encoding in HTTP/1.0"};
constexpr ParseError kLengthAndCoding{400, "both Content-Length and Transfer-Encoding"};

constexpr uint64_t kMaxLength = uint64_t{1} << 63;
constexpr size_t kMaxLengthDigits = 19;

const ParseError* note_length(std::string_view value, HeadFacts& facts) {
  if (facts.has_length) return &kTwoLengths;
  if (facts.has_coding) return &kLengthAndCoding;
  if (value.empty() || chars::span_of(value, chars::kDigit) != value.size()) return &kOddLength;
  if (value.size() > kMaxLengthDigits) return &kHugeLength;
  facts.length = *text::parse_unsigned(value);
  if (facts.length >= kMaxLength) return &kHugeLength;
  facts.has_length = true;
  return nullptr;
}

const ParseError* note_coding(std::string_view value, HeadFacts& facts) {
  if (facts.has_coding) return &kTwoCodings;
  if (facts.has_length) return &kLengthAndCoding;
  if (facts.http10) return &kCodingIn10;
  if (!text::iequals(value, "chunked")) return is_token(value) ? &kUnknownCoding : &kOddCoding;
  facts.has_coding = true;
  return nullptr;
}

void note_connection(std::string_view value, HeadFacts& facts) {
  for_each_element(value, [&facts](std::string_view option) {
    if (text::iequals(option, "close")) facts.close = true;
    if (text::iequals(option, "keep-alive")) facts.keep_alive = true;
    if (!is_token(option)) facts.odd_connection = true;
  });
}

// Of a line that is not complete: CR may be its last byte so far, LF may come next.
bool is_clean_so_far(std::string_view bytes) {
  if (!bytes.empty() && bytes.back() == '\r') bytes.remove_suffix(1);
  return is_clean_line(bytes);
}

}  // namespace

HeadLines::State HeadLines::next(std::string_view input, size_t limit, std::string_view& line) {
  const size_t end = std::min(input.size(), limit);
  const std::string_view fresh = input.substr(scanned_, end - scanned_);
  const size_t found = fresh.find('\n');
  if (found != std::string_view::npos) {
    const size_t newline = scanned_ + found;
    if (newline == line_start_ || input[newline - 1] != '\r') return State::kBadByte;
    line = input.substr(line_start_, newline - 1 - line_start_);
    line_start_ = scanned_ = newline + 1;
    return State::kLine;
  }
  if (!is_clean_so_far(fresh)) return State::kBadByte;
  // A CR is looked at again with the byte behind it.
  scanned_ = !fresh.empty() && fresh.back() == '\r' ? end - 1 : end;
  return end == limit ? State::kTooLong : State::kNeedMore;
}

bool is_clean_line(std::string_view line) {
  return is_field_value(line);
}

const ParseError* read_field(std::string_view line, size_t max_name, Field& field) {
  const size_t name = chars::span_of(line, chars::kToken);
  if (name == line.size()) return &kNoColon;
  if (line[name] != ':' || name == 0) {
    const bool folded = line[0] == ' ' || line[0] == '\t';
    return folded ? &kFolded : &kBadName;
  }
  if (name > max_name) return &kLongName;
  const std::string_view value = text::trim(line.substr(name + 1));
  if (!is_field_value(value)) return &kBadByte;
  field.name = line.substr(0, name);
  field.value = value;
  field.id = field_name(field.name);
  return nullptr;
}

const ParseError* note_field(const Field& field, HeadFacts& facts) {
  switch (field.id) {
    case FieldName::kContentLength:
      return note_length(field.value, facts);
    case FieldName::kTransferEncoding:
      return note_coding(field.value, facts);
    case FieldName::kConnection:
      note_connection(field.value, facts);
      return nullptr;
    default:
      return nullptr;
  }
}

}  // namespace postern::http
