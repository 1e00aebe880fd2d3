#include "policy/path_pattern.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/percent.h"
#include "base/text.h"
#include "policy/options.h"
#include "policy/target.h"

namespace postern::policy {
namespace {

using Segment = PathPattern::Segment;
using Kind = PathPattern::Kind;

// Sentry's routes take either.
constexpr std::array<std::array<std::string_view, 2>, 3> kSameWords{
    {{"issues", "groups"}, {"notes", "comments"}, {"user-feedback", "user-reports"}}};

std::string_view other_word(std::string_view word) {
  for (const auto& [one, other] : kSameWords) {
    if (word == one) return other;
    if (word == other) return one;
  }
  return {};
}

// Takes one byte of the segment, decoded if it is escaped.
char take_byte(std::string_view& segment) {
  const int escaped = text::percent_byte(segment);
  const char byte = escaped < 0 ? segment.front() : static_cast<char>(escaped);
  segment.remove_prefix(escaped < 0 ? 1 : 3);
  return byte;
}

// Would a server that cuts parameters, queries, dots and blanks off see nothing here?
bool is_ignorable(std::string_view rest) {
  while (!rest.empty()) {
    const char byte = take_byte(rest);
    if (byte == ';' || byte == '?' || byte == '#') return true;
    if (byte != '.' && byte != ' ') return false;
  }
  return true;
}

bool might_be_word(std::string_view segment, std::string_view word) {
  while (segment.starts_with("%20")) segment.remove_prefix(3);
  for (const char c : word) {
    if (segment.empty() || text::lower(take_byte(segment)) != text::lower(c)) return false;
  }
  return is_ignorable(segment);
}

bool might_be_either(std::string_view segment, std::string_view word) {
  const std::string_view other = other_word(word);
  return might_be_word(segment, word) || (!other.empty() && might_be_word(segment, other));
}

// A number is somebody's id, and only Sentry knows whose; what is no slug at all might be anything.
bool might_be_value(std::string_view segment, std::string_view slug) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_slug_byte = [&](char c) {
    const char small = text::lower(c);
    return is_digit(c) || (small >= 'a' && small <= 'z') || c == '-' || c == '_';
  };
  if (!std::all_of(segment.begin(), segment.end(), is_slug_byte)) return true;
  return std::all_of(segment.begin(), segment.end(), is_digit) || text::iequals(segment, slug);
}

bool has_colon(std::string_view segment) {
  return segment.find(':') != std::string_view::npos ||
         segment.find("%3A") != std::string_view::npos ||
         segment.find("%3a") != std::string_view::npos;
}

bool fits_segment(const Segment& wanted, std::string_view segment) {
  switch (wanted.kind) {
    case Kind::kWord:
      return is_same_word(segment, wanted.text);
    case Kind::kPair:
      return has_colon(segment);
    case Kind::kValue:
      return segment == wanted.text;
    case Kind::kAny:
      break;
  }
  return !segment.empty();
}

Likeness likeness_of_segment(const Segment& wanted, std::string_view segment) {
  if (fits_segment(wanted, segment)) return Likeness::kSame;
  const bool near = (wanted.kind == Kind::kWord && might_be_either(segment, wanted.text)) ||
                    (wanted.kind == Kind::kValue && might_be_value(segment, wanted.text));
  return near ? Likeness::kNear : Likeness::kNone;
}

// {name}
bool is_parameter(std::string_view segment) {
  constexpr std::string_view kNameBytes =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}' &&
         segment.substr(1, segment.size() - 2).find_first_not_of(kNameBytes) ==
             std::string_view::npos;
}

// {a}:{b}
bool is_pair(std::string_view segment) {
  const std::string_view first = text::take_until(segment, ':');
  return is_parameter(first) && is_parameter(segment);
}

// What is wrong with a segment; empty if nothing.
std::string fault_of(std::string_view segment) {
  if (segment.empty()) return "has an empty segment";
  if (is_parameter(segment) || is_pair(segment)) return "";
  if (segment.find('*') != std::string_view::npos) return "has a star that is not its last segment";
  if (segment.find_first_of("{}") != std::string_view::npos)
    return "has a brace that is not around a name of letters and digits, a whole segment, like "
           "{id}";
  const Target target = classify(std::string(kApiPrefix).append(segment));
  return target.kind == TargetKind::kApi ? "" : "can never match: " + std::string(target.detail);
}

bool has_length_of(const PathPattern& pattern, const ApiPath& path) {
  return pattern.open ? path.count >= pattern.segments.size()
                      : path.count == pattern.segments.size();
}

}  // namespace

bool is_same_word(std::string_view a, std::string_view b) {
  return a == b || (a == "groups" && b == "issues") || (a == "issues" && b == "groups");
}

bool PathPattern::fits(const ApiPath& path) const {
  if (!has_length_of(*this, path)) return false;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (!fits_segment(segments[i], path.segments[i])) return false;
  }
  return true;
}

Likeness PathPattern::likeness(const ApiPath& path) const {
  if (!has_length_of(*this, path)) return Likeness::kNone;
  Likeness whole = Likeness::kSame;
  for (size_t i = 0; i < segments.size(); ++i) {
    const Likeness part = likeness_of_segment(segments[i], path.segments[i]);
    if (part == Likeness::kNone) return part;
    whole = std::min(whole, part);
  }
  return whole;
}

PathPattern pattern_of(std::string_view path) {
  PathPattern pattern;
  path.remove_prefix(kApiPrefix.size());
  while (!path.empty()) {
    const std::string_view segment = text::take_until(path, '/');
    if (segment == "*" && path.empty()) {
      pattern.open = true;
    } else if (!segment.starts_with('{')) {
      pattern.segments.push_back({Kind::kWord, std::string(segment)});
    } else {
      const bool has_two = segment.find(':') != std::string_view::npos;
      pattern.segments.push_back({has_two ? Kind::kPair : Kind::kAny, {}});
    }
  }
  return pattern;
}

Result<PathPattern> parse_pattern(std::string_view text) {
  if (!text.starts_with(kApiPrefix)) return fail("does not begin with /api/0/");
  std::string_view rest = text.substr(kApiPrefix.size());
  while (!rest.empty() && rest != "*") {
    if (std::string fault = fault_of(text::take_until(rest, '/')); !fault.empty())
      return fail(std::move(fault));
  }
  PathPattern pattern = pattern_of(text);
  if (pattern.segments.size() > ApiPath::kMostSegments) return fail("has too many segments");
  return pattern;
}

std::optional<std::string> pattern_fault(std::string_view text) {
  const Result<PathPattern> pattern = parse_pattern(text);
  return pattern ? std::nullopt : std::optional<std::string>(pattern.error().what);
}

}  // namespace postern::policy
