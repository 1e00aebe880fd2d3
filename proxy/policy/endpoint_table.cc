#include "policy/endpoint_table.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "policy/api_path.h"
#include "policy/faults.h"

namespace postern::policy {
namespace {

constexpr size_t kMostBytes = 1024 * 1024;
constexpr size_t kMostRows = 4096;
constexpr size_t kLongestLine = 8192;

constexpr std::array kColumns{"method", "path",   "scopes", "limits",
                              "bucket", "status", "class",  "operation"};
using Columns = std::array<std::string_view, kColumns.size()>;

constexpr std::array<std::pair<std::string_view, Access>, 5> kAccess{{
    {"public", Access::kPublic},
    {"any-auth", Access::kAnyToken},
    {"session", Access::kSession},
    {"client-secret", Access::kClientSecret},
    {"unknown", Access::kUnknown},
}};

constexpr std::array<std::pair<std::string_view, Status>, 6> kStatus{{
    {"published", Status::kPublished},
    {"deprecated", Status::kDeprecated},
    {"alias", Status::kAlias},
    {"experimental", Status::kExperimental},
    {"private", Status::kPrivate},
    {"closed", Status::kClosed},
}};

template <class Row>
auto find_word(const Row& rows, std::string_view word) {
  const auto* found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.first == word; });
  return found == rows.end() ? std::nullopt : std::optional(found->second);
}

constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter_or_digit(char c) {
  return is_digit(c) || is_lower(text::lower(c));
}

template <class Predicate>
bool consists_of(std::string_view word, Predicate is_one) {
  return !word.empty() && std::all_of(word.begin(), word.end(), is_one);
}

bool is_scope(std::string_view word) {
  const auto is_scope_byte = [](char c) { return is_lower(c) || c == ':' || c == '-'; };
  return consists_of(word, is_scope_byte) && word.front() != ':' && word.back() != ':';
}

bool is_parameter(std::string_view part) {
  if (part.size() < 3 || part.front() != '{' || part.back() != '}') return false;
  return consists_of(part.substr(1, part.size() - 2),
                     [](char c) { return is_lower(c) || c == '_'; });
}

// A word, {name}, or {name}:{name}.
bool is_template_segment(std::string_view segment) {
  if (const size_t colon = segment.find(':'); colon != std::string_view::npos)
    return is_parameter(segment.substr(0, colon)) && is_parameter(segment.substr(colon + 1));
  return is_parameter(segment) ||
         consists_of(segment, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

bool is_template(std::string_view path) {
  const std::optional<ApiPath> split = split_api_path(path);
  return split && split->count <= ApiPath::kMostSegments &&
         std::all_of(split->segments.begin(), split->segments.begin() + split->count,
                     is_template_segment);
}

bool is_caller(std::string_view word) {
  return word == "ip" || word == "user" || word == "org";
}

// A number of calls, at least one.
bool is_count(std::string_view digits) {
  return text::parse_unsigned(digits).value_or(0) > 0;
}

// user:40/1s, concurrent:25, concurrent.user:10
bool is_limit(std::string_view item) {
  constexpr std::string_view kConcurrent = "concurrent";
  std::string_view count = item;
  std::string_view what = text::take_until(count, ':');
  if (what == kConcurrent) return is_count(count);
  if (text::take_until(what, '.') == kConcurrent) return is_caller(what) && is_count(count);
  std::string_view window = count;
  count = text::take_until(window, '/');
  return is_caller(item.substr(0, item.find(':'))) && is_count(count) && window.ends_with('s') &&
         is_count(window.substr(0, window.size() - 1));
}

// group:CLI gives CLI.
std::string_view group_of(std::string_view word) {
  constexpr std::string_view kGroup = "group:";
  if (!word.starts_with(kGroup)) return {};
  word.remove_prefix(kGroup.size());
  return consists_of(word, is_letter_or_digit) ? word : std::string_view{};
}

bool are_limits(std::string_view word) {
  if (word == "default" || word == "unknown" || !group_of(word).empty()) return true;
  if (word.empty() || word.back() == ';') return false;
  while (!word.empty()) {
    if (!is_limit(text::take_until(word, ';'))) return false;
  }
  return true;
}

bool read_scopes(std::string_view word, Endpoint& out) {
  if (const std::optional<Access> access = find_word(kAccess, word)) {
    out.access = *access;
    return true;
  }
  out.access = Access::kScopes;
  while (!word.empty()) {
    const std::string_view scope = text::take_until(word, ' ');
    if (scope == "dsn") {
      out.accepts_dsn = true;
      continue;
    }
    if (!is_scope(scope) || find_word(kAccess, scope)) return false;
    out.scopes.push_back(scope);
  }
  return !out.scopes.empty();
}

bool read_bucket(std::string_view word, Endpoint& out) {
  out.counter_group = group_of(word);
  if (!out.counter_group.empty()) {
    out.counter = Counter::kGroup;
  } else if (word == "own") {
    out.counter = Counter::kOwn;
  } else {
    return word == "unknown";
  }
  return true;
}

std::string about(size_t column, std::string_view value) {
  constexpr size_t kShown = 80;
  std::string text = kColumns[column];
  text.append(" \"").append(value.substr(0, kShown)).append(value.size() > kShown ? "…" : "");
  return text + "\" cannot be read";
}

// What is wrong with the row; empty if nothing is.
std::string read_row(const Columns& columns, Endpoint& out) {
  const auto& [method, path, scopes, limits, bucket, status, view, operation] = columns;
  out.method = http::parse_method(method);
  if (out.method == http::Method::kOther) return about(0, method);
  if (!is_template(path)) return about(1, path);
  if (!read_scopes(scopes, out)) return about(2, scopes);
  if (!are_limits(limits)) return about(3, limits);
  if (!read_bucket(bucket, out)) return about(4, bucket);
  const std::optional<Status> known = find_word(kStatus, status);
  if (!known) return about(5, status);
  if (view.empty() || view.find(' ') != std::string_view::npos) return about(6, view);
  if (operation.empty()) return about(7, operation);
  out.path = path;
  out.limits = limits;
  out.status = *known;
  out.view = view;
  out.operation = operation;
  return {};
}

std::string read_line(std::string_view line, Endpoint& out) {
  if (line.size() > kLongestLine) return "the line is longer than 8 KiB";
  const auto is_text = [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); };
  if (!consists_of(line, is_text)) return "a byte that is not printable ASCII or a tab";
  const auto tabs = static_cast<size_t>(std::count(line.begin(), line.end(), '\t'));
  if (tabs + 1 != kColumns.size())
    return std::to_string(tabs + 1) + " columns, not " + std::to_string(kColumns.size());
  Columns columns;
  for (std::string_view& column : columns) column = text::take_until(line, '\t');
  return read_row(columns, out);
}

}  // namespace

Result<std::vector<Endpoint>> read_endpoints(std::string_view text, std::string_view name) {
  Faults faults(name);
  std::vector<Endpoint> endpoints;
  if (text.size() > kMostBytes) {
    faults.add(1, "the table is larger than 1 MiB");
    return std::move(faults).error();
  }
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text::take_until(text, '\n');
    if (line.empty() || line.front() == '#') continue;
    Endpoint endpoint;
    endpoint.line = number;
    if (const std::string fault = read_line(line, endpoint); !fault.empty()) {
      faults.add(number, fault);
    } else if (endpoints.size() == kMostRows) {
      faults.add(number, "more than " + std::to_string(kMostRows) + " rows");
      break;
    } else {
      endpoints.push_back(std::move(endpoint));
    }
  }
  if (endpoints.empty() && !faults.any()) faults.add(1, "the table has no rows");
  if (faults.any()) return std::move(faults).error();
  return endpoints;
}

}  // namespace postern::policy
