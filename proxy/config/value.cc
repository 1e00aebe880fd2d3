#include "config/value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>
#include <utility>

#include "base/text.h"

namespace postern::config {
namespace {

using Problem = std::optional<std::string>;

template <class T>
using Choice = std::pair<std::string_view, T>;

constexpr std::array<Choice<log::Level>, 4> kLevels{{{"debug", log::Level::kDebug},
                                                     {"info", log::Level::kInfo},
                                                     {"warn", log::Level::kWarn},
                                                     {"error", log::Level::kError}}};
constexpr std::array<Choice<log::Format>, 2> kFormats{
    {{"text", log::Format::kText}, {"json", log::Format::kJson}}};
constexpr std::array<Choice<wire::HalfClose>, 2> kHalfCloses{
    {{"cancel", wire::HalfClose::kCancel}, {"serve", wire::HalfClose::kServe}}};
constexpr std::array<Choice<relay::Ingest>, 2> kIngests{
    {{"refuse", relay::Ingest::kRefuse}, {"pass", relay::Ingest::kPass}}};

constexpr std::array<Choice<policy::Preflight>, 3> kPreflights{
    {{"enforce", policy::Preflight::kEnforce},
     {"warn", policy::Preflight::kWarn},
     {"off", policy::Preflight::kOff}}};
constexpr std::array<Choice<grants::Kind>, 3> kKinds{{{"oauth", grants::Kind::kOauth},
                                                      {"integration", grants::Kind::kIntegration},
                                                      {"static", grants::Kind::kStatic}}};
constexpr std::array<Choice<grants::ClientAuth>, 2> kClientAuths{
    {{"form", grants::ClientAuth::kForm}, {"basic", grants::ClientAuth::kBasic}}};
constexpr std::array<Choice<WhenUnreachable>, 2> kWhenUnreachable{
    {{"wait", WhenUnreachable::kWait}, {"refresh_alone", WhenUnreachable::kRefreshAlone}}};
constexpr std::array<Choice<StoreKind>, 3> kStoreKinds{{{"file", StoreKind::kFile},
                                                        {"redis", StoreKind::kRedis},
                                                        {"kubernetes", StoreKind::kKubernetes}}};
constexpr std::array<Choice<LimitsShare>, 2> kLimitsShares{
    {{"off", LimitsShare::kOff}, {"redis", LimitsShare::kRedis}}};
constexpr std::array<Choice<policy::AccessMode>, 2> kAccessModes{
    {{"full", policy::AccessMode::kFull}, {"read-only", policy::AccessMode::kReadOnly}}};
constexpr std::array<Choice<policy::Effect>, 2> kEffects{
    {{"allow", policy::Effect::kAllow}, {"deny", policy::Effect::kDeny}}};

std::span<const Choice<log::Level>> choices(log::Level*) {
  return kLevels;
}
std::span<const Choice<log::Format>> choices(log::Format*) {
  return kFormats;
}
std::span<const Choice<wire::HalfClose>> choices(wire::HalfClose*) {
  return kHalfCloses;
}
std::span<const Choice<relay::Ingest>> choices(relay::Ingest*) {
  return kIngests;
}

std::span<const Choice<policy::Preflight>> choices(policy::Preflight*) {
  return kPreflights;
}
std::span<const Choice<grants::Kind>> choices(grants::Kind*) {
  return kKinds;
}
std::span<const Choice<grants::ClientAuth>> choices(grants::ClientAuth*) {
  return kClientAuths;
}
std::span<const Choice<WhenUnreachable>> choices(WhenUnreachable*) {
  return kWhenUnreachable;
}
std::span<const Choice<StoreKind>> choices(StoreKind*) {
  return kStoreKinds;
}
std::span<const Choice<LimitsShare>> choices(LimitsShare*) {
  return kLimitsShares;
}
std::span<const Choice<policy::AccessMode>> choices(policy::AccessMode*) {
  return kAccessModes;
}
std::span<const Choice<policy::Effect>> choices(policy::Effect*) {
  return kEffects;
}

template <class T>
std::string names_of(std::span<const Choice<T>> all) {
  std::string names;
  for (const auto& [name, value] : all) names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text.substr(0, 60)) + "'";
}

Problem out_of_range(std::string_view text, const std::string& min, const std::string& max) {
  return quoted(text) + " is out of range: must be from " + min + " to " + max;
}

// --- scalars: text to value

Problem read(std::string_view text, bool* value, const Range&) {
  if (text != "true" && text != "false") return quoted(text) + " is not true or false";
  *value = text == "true";
  return {};
}

template <class T>
Problem read_number(std::string_view text, T* value, const Range& range) {
  auto number = text::parse_unsigned(text);
  if (!number) return quoted(text) + " is not a whole number";
  uint64_t max = std::min<uint64_t>(range.max, std::numeric_limits<T>::max());
  if (*number < range.min || *number > max) {
    return out_of_range(text, std::to_string(range.min), std::to_string(max));
  }
  *value = static_cast<T>(*number);
  return {};
}
Problem read(std::string_view text, int* value, const Range& r) {
  return read_number(text, value, r);
}
Problem read(std::string_view text, uint32_t* value, const Range& r) {
  return read_number(text, value, r);
}
Problem read(std::string_view text, int64_t* value, const Range& r) {
  return read_number(text, value, r);
}
Problem read(std::string_view text, uint64_t* value, const Range& r) {
  return read_number(text, value, r);
}

Problem read(std::string_view text, Percent percent, const Range& range) {
  const bool has_sign = text.ends_with('%');
  const auto number = text::parse_unsigned(text.substr(0, text.size() - (has_sign ? 1 : 0)));
  if (!has_sign || !number) return quoted(text) + " is not a percentage like 10%";
  if (*number < range.min || *number > range.max) {
    return out_of_range(text, std::to_string(range.min) + "%", std::to_string(range.max) + "%");
  }
  *percent.value = static_cast<double>(*number) / 100;
  return {};
}

Problem read(std::string_view text, Bytes bytes, const Range& range) {
  auto size = text::parse_size(text);
  if (!size) return quoted(text) + " is not a size like 512, 64KiB, 16MiB or 1GiB";
  if (*size < range.min || *size > range.max) {
    return out_of_range(text, text::format_size(range.min), text::format_size(range.max));
  }
  *bytes.value = *size;
  return {};
}

Problem read(std::string_view text, Mode mode, const Range&) {
  bool octal = text.size() >= 3 && text.size() <= 4 &&
               text.find_first_not_of("01234567") == std::string_view::npos &&
               (text.size() == 3 || text.front() == '0');
  if (!octal) return quoted(text) + " is not a mode like 0660";
  int bits = 0;
  for (char digit : text) bits = bits * 8 + (digit - '0');
  *mode.value = bits;
  return {};
}

Problem read(std::string_view text, Duration* value, const Range& range) {
  auto duration = text::parse_duration(text);
  if (!duration) return quoted(text) + " is not a duration like 250ms, 20s, 5m or 1h";
  auto ticks = static_cast<uint64_t>(duration->count());
  if (ticks < range.min || ticks > range.max) {
    auto format = [](uint64_t n) {
      return text::format_duration(
          Duration(static_cast<int64_t>(std::min<uint64_t>(n, INT64_MAX))));
    };
    return out_of_range(text, format(range.min), format(range.max));
  }
  *value = *duration;
  return {};
}

Problem read(std::string_view text, std::string* value, const Range&) {
  bool clean = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
  });
  if (!clean) return "must not have control characters";
  *value = text;
  return {};
}

Problem read(std::string_view text, Secret* value, const Range&) {
  *value = Secret(std::string(text));
  return {};
}

template <class T>
requires std::is_enum_v<T> Problem read(std::string_view text, T* value, const Range&) {
  for (const auto& [name, choice] : choices(value)) {
    if (text != name) continue;
    *value = choice;
    return {};
  }
  return quoted(text) + " must be one of " + names_of(choices(value));
}
// --- lists

template <class T>
Problem read_list(const Node& node, std::vector<T>* value, const Range& range) {
  if (node.kind != Node::Kind::kList) return "must be a list, [a, b]";
  std::vector<T> items;
  for (const Node& child : node.children) {
    if (child.kind != Node::Kind::kScalar) return "must be a list of plain values";
    T item{};
    if (auto why = read(child.text, &item, range)) return why;
    if (std::find(items.begin(), items.end(), item) != items.end()) {
      return quoted(child.text) + " is listed twice";
    }
    items.push_back(std::move(item));
  }
  *value = std::move(items);
  return {};
}

// --- value to text

std::string write(const bool* value) {
  return *value ? "true" : "false";
}
std::string write(const int* value) {
  return std::to_string(*value);
}
std::string write(const uint32_t* value) {
  return std::to_string(*value);
}
std::string write(const int64_t* value) {
  return std::to_string(*value);
}
std::string write(const uint64_t* value) {
  return std::to_string(*value);
}
std::string write(Percent percent) {
  return std::to_string(std::lround(*percent.value * 100)) + "%";
}
std::string write(Bytes bytes) {
  return text::format_size(*bytes.value);
}
std::string write(const Duration* value) {
  return text::format_duration(*value);
}
std::string write(const Secret* value) {
  return value->empty() ? "null" : "\"***\"";
}

std::string write(Mode mode) {
  char out[16];
  std::snprintf(out, sizeof out, "\"%04o\"", static_cast<unsigned>(*mode.value));
  return out;
}

std::string write(const std::string* value) {
  if (value->empty()) return "null";
  size_t scheme = value->find("://");
  size_t at = value->rfind('@');
  if (scheme == std::string::npos || at == std::string::npos || at < scheme) {
    return quote_yaml(*value);
  }
  return quote_yaml(value->substr(0, scheme + 3) + "***" + value->substr(at));
}

template <class T>
requires std::is_enum_v<T> std::string write(T* value) {
  for (const auto& [name, choice] : choices(value)) {
    if (choice == *value) return std::string(name);
  }
  return "?";
}
template <class T>
std::string write(const std::vector<T>* values) {
  std::string text;
  for (const T& item : *values) {
    if (!text.empty()) text += ", ";
    text += write(&item);
  }
  return "[" + text + "]";
}
std::string write(const std::vector<wire::ListenOptions>* listeners) {
  std::vector<std::string> addresses;
  for (const auto& listener : *listeners) addresses.push_back(listener.address);
  return write(&addresses);
}
std::string write(const std::vector<GrantSetup>*) {
  return "[…]";
}
std::string write(const std::vector<policy::RuleOptions>* rules) {
  return rules->empty() ? "[]" : "[…]";
}

// --- descriptions

template <class T>
std::string describe(T*) {
  if constexpr (std::is_enum_v<T>) {
    return names_of(choices(static_cast<T*>(nullptr)));
  } else if constexpr (std::is_same_v<T, bool>) {
    return "true or false";
  } else if constexpr (std::is_same_v<T, Duration>) {
    return "duration";
  } else if constexpr (std::is_arithmetic_v<T>) {
    return "count";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "text";
  } else if constexpr (std::is_same_v<T, Secret>) {
    return "secret";
  } else {
    return "list";
  }
}
std::string describe(Bytes) {
  return "size";
}
std::string describe(Percent) {
  return "percentage";
}
std::string describe(Mode) {
  return "mode";
}

template <class T>
constexpr bool kIsList = false;
template <class T>
constexpr bool kIsList<std::vector<T>*> = true;

}  // namespace

std::optional<std::string> read_value(const Node& node, const ValueRef& value, const Range& range) {
  return std::visit(
      [&](auto ref) -> Problem {
        using T = decltype(ref);
        if constexpr (std::is_same_v<T, std::vector<wire::ListenOptions>*> ||
                      std::is_same_v<T, std::vector<GrantSetup>*> ||
                      std::is_same_v<T, std::vector<policy::RuleOptions>*>) {
          return "must be set in the file";
        } else if constexpr (kIsList<T>) {
          return read_list(node, ref, range);
        } else if (node.kind != Node::Kind::kScalar) {
          return "must be a single value, not a list or a mapping";
        } else {
          return read(node.text, ref, range);
        }
      },
      value);
}

std::string write_value(const ValueRef& value) {
  return std::visit([](auto ref) { return write(ref); }, value);
}

std::string describe_value(const ValueRef& value) {
  return std::visit([](auto ref) { return describe(ref); }, value);
}

bool is_list(const ValueRef& value) {
  return std::visit([](auto ref) { return kIsList<decltype(ref)>; }, value);
}

std::string quote_yaml(std::string_view text) {
  constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=-";
  bool plain = !text.empty() && text != "null" && text.find(": ") == std::string_view::npos &&
               text.find_first_not_of(kSafe) == std::string_view::npos && text.front() != '-' &&
               text.front() != ':' && text.back() != ':';
  if (plain) return std::string(text);
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '$') out += '$';
    out += c;
  }
  return out + "\"";
}

}  // namespace postern::config
