#include "admin/json_fields.h"

#include <algorithm>
#include <chrono>

namespace postern::admin {

using nlohmann::json;

namespace {

// In nanoseconds it is a Duration still.
constexpr int64_t kMostMilliseconds = 9'000'000'000'000;

// What is too large for it becomes the largest; a fraction that is, nothing.
int64_t whole(const json& number) {
  constexpr double kMost = 9e18;
  if (number.is_number_unsigned())
    return static_cast<int64_t>(std::min<uint64_t>(number.get<uint64_t>(), INT64_MAX));
  if (!number.is_number_float()) return number.get<int64_t>();
  const auto value = number.get<double>();
  return value > -kMost && value < kMost ? static_cast<int64_t>(value) : 0;
}

}  // namespace

std::string text_of(const json& object, const char* name) {
  if (!object.is_object()) return {};
  auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? found->dump() : "";
}

int64_t number_of(const json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_number() ? whole(*found) : 0;
}

bool flag_of(const json& object, const char* name, bool otherwise) {
  auto found = object.find(name);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

const json& part_of(const json& object, const char* name) {
  static const json nothing = json::object();
  auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : nothing;
}

const json& list_of(const json& object, const char* name) {
  static const json nothing = json::array();
  auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : nothing;
}

std::vector<std::string> texts_of(const json& object, const char* name) {
  std::vector<std::string> texts;
  for (const json& one : list_of(object, name))
    if (one.is_string()) texts.push_back(one.get<std::string>());
  return texts;
}

json or_null(std::string_view text) {
  return text.empty() ? json(nullptr) : json(std::string(text));
}

int64_t milliseconds(Duration span) {
  return std::chrono::ceil<std::chrono::milliseconds>(span).count();
}

Duration milliseconds_of(const json& object, const char* name) {
  return std::chrono::milliseconds(
      std::clamp(number_of(object, name), -kMostMilliseconds, kMostMilliseconds));
}

json or_null(const std::optional<int64_t>& number) {
  return number ? json(*number) : json(nullptr);
}

std::optional<int64_t> known_number(const json& object, const char* name) {
  auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return whole(*found);
}

std::string printed(const json& document) {
  return document.dump(2, ' ', true, json::error_handler_t::replace);
}

}  // namespace postern::admin
