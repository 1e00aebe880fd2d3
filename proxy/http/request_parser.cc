#include "http/request_parser.h"

#include <algorithm>

#include "base/text.h"
#include "http/chars.h"

namespace postern::http {
namespace {

constexpr ParseError kEmptyLines{400, "more than one empty line before the request"};
constexpr ParseError kLongLine{414, "the request line is too long"};
constexpr ParseError kLongHead{431, "the head is too long"};
constexpr ParseError kManyFields{431, "the head has too many fields"};
constexpr ParseError kOddLine{400, "the request line is not \"method target version\""};
constexpr ParseError kOddMethod{400, "the method is not a token"};
constexpr ParseError kOddVersion{400, "the version is not \"HTTP/\" and two digits"};
constexpr ParseError kOtherVersion{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
constexpr ParseError kForbiddenMethod{405, "CONNECT and TRACE are not served here"};
constexpr ParseError kUnknownMethod{501, "the method is unknown here"};
constexpr ParseError kOddTarget{400, "the target holds a byte that must be percent-encoded"};
constexpr ParseError kOddPercent{400, "a percent sign in the target has no two digits behind it"};
constexpr ParseError kTargetForm{400, "the target is neither a path nor an http or https URL"};
constexpr ParseError kOddAuthority{400, "the target's authority is not a host and a port"};
constexpr ParseError kNoHost{400, "Host is missing"};
constexpr ParseError kTwoHosts{400, "more than one Host"};
constexpr ParseError kOddHost{400, "Host is not a host and a port"};
constexpr ParseError kOtherHost{400, "Host differs from the target's authority"};
constexpr ParseError kOddConnection{400, "Connection is not a list of tokens"};
constexpr ParseError kOtherExpectation{417, "the only expectation known here is 100-continue"};

// "HTTP/1.1" and "HTTP/1.0" → the minor version.
const ParseError* read_version(std::string_view text, int& minor) {
  const bool shaped = text.size() == 8 && text.substr(0, 5) == "HTTP/" &&
                      chars::is(text[5], chars::kDigit) && text[6] == '.' &&
                      chars::is(text[7], chars::kDigit);
  if (!shaped) return &kOddVersion;
  if (text[5] != '1' || text[7] > '1') return &kOtherVersion;
  minor = text[7] - '0';
  return nullptr;
}

bool percents_are_whole(std::string_view text) {
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (chars::span_of(text.substr(at + 1, 2), chars::kHex) != 2) return false;
  }
  return true;
}

bool is_port(std::string_view text) {
  const std::optional<uint64_t> port = text::parse_unsigned(text);
  return port && text.size() <= 5 && *port <= 65535;
}

// host [":" port] without user information (RFC 9110 §4.2.4, RFC 3986 §3.2.2).
bool is_authority(std::string_view text) {
  size_t host = 0;
  if (!text.empty() && text[0] == '[') {
    const size_t close = text.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    const auto in_address = [](char c) {
      return chars::is(c, chars::kHex) || c == ':' || c == '.';
    };
    if (!std::all_of(text.begin() + 1, text.begin() + static_cast<ptrdiff_t>(close), in_address))
      return false;
    host = close + 1;
  } else {
    host = chars::span_of(text, chars::kHost);
  }
  if (host == 0) return false;
  if (host == text.size()) return true;
  return text[host] == ':' && is_port(text.substr(host + 1));
}

const ParseError* split_path(RequestHead& head) {
  const size_t path = chars::span_of(head.target, chars::kPath);
  head.path = head.target.substr(0, path);
  if (path < head.target.size()) {
    if (head.target[path] != '?') return &kOddTarget;
    head.query = head.target.substr(path + 1);
    if (chars::span_of(head.query, chars::kQuery) != head.query.size()) return &kOddTarget;
  }
  return percents_are_whole(head.target) ? nullptr : &kOddPercent;
}

// Origin form or absolute form (RFC 9112 §3.2).
const ParseError* read_target(std::string_view text, RequestHead& head) {
  head.target = text;
  if (text[0] == '/') return split_path(head);
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return &kTargetForm;
  const std::string_view scheme = text.substr(0, colon);
  const bool known = text::iequals(scheme, "http") || text::iequals(scheme, "https");
  if (!known || text.substr(colon, 3) != "://") return &kTargetForm;
  const std::string_view rest = text.substr(colon + 3);
  head.authority = rest.substr(0, rest.find_first_of("/?"));
  if (!is_authority(head.authority)) return &kOddAuthority;
  head.target = rest.substr(head.authority.size());
  if (head.target.empty()) head.target = "/";
  // "http://host?query" has no path that could be sent on byte for byte.
  return head.target[0] == '/' ? split_path(head) : &kTargetForm;
}

const ParseError* read_request_line(std::string_view line, RequestHead& head) {
  const size_t method = line.find(' ');
  if (method == std::string_view::npos) return &kOddLine;
  head.method_text = line.substr(0, method);
  if (!is_token(head.method_text)) return &kOddMethod;
  const std::string_view rest = line.substr(method + 1);
  const size_t target = rest.find(' ');
  if (target == std::string_view::npos || target == 0) return &kOddLine;
  const ParseError* fault = read_version(rest.substr(target + 1), head.minor_version);
  if (fault != nullptr) return fault;
  head.method = parse_method(head.method_text);
  if (head.method == Method::kOther) {
    const bool known = head.method_text == "CONNECT" || head.method_text == "TRACE";
    return known ? &kForbiddenMethod : &kUnknownMethod;
  }
  return read_target(rest.substr(0, target), head);
}

const ParseError* note_host(std::string_view value, HeadFacts& facts) {
  if (facts.has_host) return &kTwoHosts;
  facts.has_host = true;
  return is_authority(value) ? nullptr : &kOddHost;
}

const ParseError* note_request_field(const Field& field, HeadFacts& facts) {
  switch (field.id) {
    case FieldName::kHost:
      return note_host(field.value, facts);
    case FieldName::kExpect:
      facts.expects_continue = true;
      return text::iequals(field.value, "100-continue") ? nullptr : &kOtherExpectation;
    case FieldName::kConnection: {
      const ParseError* fault = note_field(field, facts);
      return fault == nullptr && facts.odd_connection ? &kOddConnection : fault;
    }
    default:
      return note_field(field, facts);
  }
}

}  // namespace

ParseState RequestParser::parse(std::string_view input, RequestHead& head) {
  const bool fresh = lines_.start() == 0;
  if (fresh) head.clear();
  while (true) {
    const size_t line_end = lines_.start() + limits_.max_line + 2;
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
    return parse(input, head);
  }
  if (const ParseError* fault = finish(head)) return refuse(*fault);
  consumed_ = lines_.start();
  return ParseState::kDone;
}

const ParseError* RequestParser::read_line(std::string_view line, RequestHead& head) {
  if (line.empty()) {
    if (skipped_empty_) return &kEmptyLines;
    skipped_empty_ = true;
    return nullptr;
  }
  if (!has_start_line_) {
    has_start_line_ = true;
    const ParseError* fault = read_request_line(line, head);
    facts_.http10 = head.minor_version == 0;
    return fault;
  }
  if (++fields_ > limits_.max_fields) return &kManyFields;
  Field field;
  const ParseError* fault = read_field(line, limits_.max_name, field);
  if (fault != nullptr) return fault;
  head.fields.push_back(field);
  return note_request_field(field, facts_);
}

const ParseError* RequestParser::finish(RequestHead& head) const {
  if (facts_.has_host) {
    const std::string_view host = find(head.fields, FieldName::kHost)->value;
    // RFC 9112 §3.2.2 has the target win; two names for one request are refused here instead.
    if (!head.authority.empty() && !text::iequals(head.authority, host)) return &kOtherHost;
    head.authority = host;
  } else if (!facts_.http10 || !limits_.host_optional_in_10) {
    return &kNoHost;
  }
  if (facts_.has_coding) head.framing = Framing::chunked();
  if (facts_.has_length) head.framing = Framing::of_length(facts_.length);
  head.keep_alive = !facts_.close && (head.minor_version == 1 || facts_.keep_alive);
  // RFC 9110 §10.1.1: in HTTP/1.0 the expectation is ignored; without a body there is no point.
  head.expect_continue =
      facts_.expects_continue && head.minor_version == 1 && head.framing.has_body();
  return nullptr;
}

bool RequestParser::started(std::string_view input) const {
  if (input.substr(0, 2) == "\r\n") input.remove_prefix(2);
  return !input.empty() && input != "\r";
}

void RequestParser::reset() {
  *this = RequestParser(limits_);
}

ParseState RequestParser::refuse(const ParseError& error) {
  error_ = error;
  return ParseState::kError;
}

}  // namespace postern::http
