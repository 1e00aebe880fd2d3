#include "relay/cache_control.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/text.h"

namespace postern::relay {
namespace {

// RFC 9111 §1.2.2: larger numbers mean no more than this one.
constexpr uint64_t kMostSeconds = uint64_t{1} << 31;

std::optional<Duration> parse_seconds(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  const std::optional<uint64_t> count = text::parse_unsigned(value);
  if (!count) return std::nullopt;
  return std::chrono::seconds(std::min(*count, kMostSeconds));
}

struct Directives {
  bool no_store = false;
  bool no_cache = false;
  std::optional<Duration> max_age;

  // What is said twice counts in its stricter sense, an age that cannot be read as zero.
  void read(std::string_view list) {
    http::for_each_element(list, [this](std::string_view element) {
      const size_t equals = std::min(element.find('='), element.size());
      const std::string_view name = text::trim(element.substr(0, equals));
      if (text::iequals(name, "no-store")) no_store = true;
      if (text::iequals(name, "no-cache")) no_cache = true;
      if (!text::iequals(name, "max-age")) return;
      element.remove_prefix(std::min(equals + 1, element.size()));
      const Duration age = parse_seconds(text::trim(element)).value_or(Duration::zero());
      max_age = std::min(max_age.value_or(age), age);
    });
  }
};

// The key of a stored answer holds the first three; the others never reach Sentry as the caller's.
bool is_harmless(std::string_view name) {
  for (const std::string_view known :
       {"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cookie", "Origin"}) {
    if (text::iequals(name, known)) return true;
  }
  return false;
}

}  // namespace

CacheWish read_cache_wish(const http::Fields& fields) {
  CacheWish wish;
  Directives directives;
  bool has_cache_control = false;
  bool pragma = false;
  for (const http::Field& field : fields) {
    if (field.id != http::FieldName::kOther) continue;
    const bool is_condition =
        field.name.size() > 3 && text::iequals(field.name.substr(0, 3), "If-");
    if (is_condition || text::iequals(field.name, "Range")) wish.only_own = true;
    if (text::iequals(field.name, "Cache-Control")) {
      has_cache_control = true;
      directives.read(field.value);
    }
    if (text::iequals(field.name, "Pragma"))
      http::for_each_element(field.value, [&](std::string_view element) {
        pragma = pragma || text::iequals(element, "no-cache");
      });
  }
  if (directives.no_store) wish.only_own = true;
  wish.max_age = directives.max_age;
  wish.fresh = directives.no_cache || directives.max_age == Duration::zero() ||
               (pragma && !has_cache_control);
  return wish;
}

Duration own_lifetime(const http::ResponseHead& head) {
  if (head.status != 200) return Duration::zero();
  Directives directives;
  bool expires = false;
  bool varies = false;
  for (const http::Field& field : head.fields) {
    if (field.id != http::FieldName::kOther) continue;
    if (text::iequals(field.name, "Cache-Control")) directives.read(field.value);
    if (text::iequals(field.name, "Expires")) expires = true;
    if (text::iequals(field.name, "Vary"))
      http::for_each_element(field.value,
                             [&](std::string_view name) { varies = varies || !is_harmless(name); });
  }
  if (varies || directives.no_store || directives.no_cache) return Duration::zero();
  if (directives.max_age) return *directives.max_age;
  // A date is the older form of max-age; who sends nothing else mostly means "at once".
  return expires ? Duration::zero() : Duration::max();
}

Duration own_age(const http::ResponseHead& head) {
  const http::Field* age = http::find(head.fields, "Age");
  if (age == nullptr) return Duration::zero();
  return parse_seconds(age->value).value_or(Duration::zero());
}

}  // namespace postern::relay
