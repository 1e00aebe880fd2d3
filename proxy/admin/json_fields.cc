#include "admin/json_fields.h"

#include <chrono>

namespace postern::admin {

using nlohmann::json;

std::string text_of(const json& object, const char* name) {
  if (!object.is_object()) return {};
  auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? found->dump() : "";
}

int64_t number_of(const json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<int64_t>() : 0;
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

std::vector<std::string> texts_of(const json& object, const char* name) {
  std::vector<std::string> texts;
  auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return texts;
  for (const json& one : *found)
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
  return std::chrono::milliseconds(number_of(object, name));
}

json or_null(const std::optional<int64_t>& number) {
  return number ? json(*number) : json(nullptr);
}

std::optional<int64_t> known_number(const json& object, const char* name) {
  auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<int64_t>();
}

std::string printed(const json& document) {
  return document.dump(2, ' ', true, json::error_handler_t::replace);
}

}  // namespace postern::admin
