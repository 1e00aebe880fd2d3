#include "relay/wishes.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace postern::relay {
namespace {

constexpr uint64_t kMostSeconds = 86400;  // longer waits are all the same here

Duration of_seconds(uint64_t count) {
  return std::chrono::seconds(std::min(count, kMostSeconds));
}

// Takes what comes before the first `separator` that is not inside a quoted string.
std::string_view take_part(std::string_view& rest, char separator) {
  bool quoted = false;
  size_t i = 0;
  for (; i < rest.size() && (quoted || rest[i] != separator); ++i) {
    if (rest[i] == '"') quoted = !quoted;
    if (rest[i] == '\\' && quoted) ++i;
  }
  i = std::min(i, rest.size());
  const std::string_view part = rest.substr(0, i);
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return text::trim(part);
}

std::string_view unquoted(std::string_view word) {
  const bool is_quoted = word.size() >= 2 && word.front() == '"' && word.back() == '"';
  return is_quoted ? word.substr(1, word.size() - 2) : word;
}

void shorten(std::optional<Duration>& wait, Duration wish) {
  wait = wait ? std::min(*wait, wish) : wish;
}

// RFC 7240 §2: where a preference is given twice, the first one counts.
class Preferences final {
 public:
  void read(std::string_view list) {
    while (!list.empty()) {
      std::string_view preference = take_part(list, ',');
      std::string_view value = take_part(preference, ';');
      const std::string_view name = take_part(value, '=');
      if (seen_ || !text::iequals(name, "wait")) continue;
      seen_ = true;
      seconds_ = text::parse_unsigned(unquoted(text::trim(value)));
    }
  }
  std::optional<uint64_t> wait_seconds() const { return seconds_; }

 private:
  bool seen_ = false;
  std::optional<uint64_t> seconds_;
};

// A dictionary of structured values (RFC 8941 §3.2), of which only u matters. One mistake makes
// nonsense of all of it; of a member given twice the last value counts.
class Priority final {
 public:
  void read(std::string_view list) {
    list = text::trim(list);
    if (list.ends_with(',')) is_sane_ = false;
    while (!list.empty()) {
      std::string_view member = take_part(list, ',');
      std::string_view value = take_part(member, ';');
      const size_t equals = std::min(value.find('='), value.size());
      const std::string_view key = value.substr(0, equals);
      value.remove_prefix(std::min(equals + 1, value.size()));
      if (!is_key(key)) is_sane_ = false;
      if (key == "u") urgency_ = urgency_of(value);
    }
  }
  int urgency() const { return is_sane_ && urgency_ ? *urgency_ : Wishes().urgency; }

 private:
  static bool is_key(std::string_view key) {
    const auto is_lower = [](char c) { return (c >= 'a' && c <= 'z') || c == '*'; };
    return !key.empty() && is_lower(key.front()) &&
           std::all_of(key.begin(), key.end(), [&](char c) {
             return is_lower(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
           });
  }
  static std::optional<int> urgency_of(std::string_view value) {
    const std::optional<uint64_t> number = text::parse_unsigned(value);
    if (!number || *number > 7 || value.size() > 15) return std::nullopt;
    return static_cast<int>(*number);
  }

  bool is_sane_ = true;
  std::optional<int> urgency_;
};

std::optional<Duration> parse_max_wait(std::string_view value) {
  if (const std::optional<uint64_t> count = text::parse_unsigned(value)) return of_seconds(*count);
  return text::parse_duration(value);
}

}  // namespace

Result<Wishes> read_wishes(const http::Fields& fields) {
  Wishes wishes;
  Preferences preferences;
  Priority priority;
  for (const http::Field& field : fields) {
    if (field.id == http::FieldName::kPrefer) preferences.read(field.value);
    if (field.id == http::FieldName::kPriority) priority.read(field.value);
    if (field.id != http::FieldName::kXPostern) continue;
    if (text::iequals(field.name, "X-Postern-Max-Wait")) {
      const std::optional<Duration> wait = parse_max_wait(field.value);
      if (!wait)
        return fail("X-Postern-Max-Wait must be seconds, or a duration like 5s, 500ms or 1m");
      shorten(wishes.max_wait, *wait);
    } else if (text::iequals(field.name, "X-Postern-Client")) {
      if (field.value.size() > kMaxClientName)
        return fail("X-Postern-Client must not be longer than " + std::to_string(kMaxClientName) +
                    " bytes");
      wishes.client = field.value;
    }
  }
  if (preferences.wait_seconds()) shorten(wishes.max_wait, of_seconds(*preferences.wait_seconds()));
  wishes.urgency = priority.urgency();
  return wishes;
}

}  // namespace postern::relay
