// Json: a JSON value kept as its text, and JsonObject: a parsed object that can be asked for
// fields.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::sandbox {

// Building is writing: there is no tree, so a value cannot be changed afterwards.
class Json final {
 public:
  using Member = std::pair<std::string_view, Json>;

  Json() : text_("null") {}
  Json(const char* value) : Json(std::string_view(value)) {}
  Json(const std::string& value) : Json(std::string_view(value)) {}
  Json(std::string_view value);  // invalid UTF-8 is replaced
  Json(bool value) : text_(value ? "true" : "false") {}
  Json(int value) : text_(std::to_string(value)) {}
  Json(std::int64_t value) : text_(std::to_string(value)) {}
  Json(std::uint64_t value) : text_(std::to_string(value)) {}
  Json(const std::vector<std::string>& values);

  static Json object(std::initializer_list<Member> members) { return object_of(members); }
  static Json object(const std::vector<Member>& members) { return object_of(members); }
  static Json array(const std::vector<Json>& items);

  // null when there is no value
  static Json optional(const std::optional<std::string>& value);

  const std::string& text() const { return text_; }

 private:
  template <typename Members>
  static Json object_of(const Members& members);

  std::string text_;
};

// The JSON object `text` with the JSON value `value` under `name`, or without that member when
// `value` is empty. Any other text comes back as it is; nothing when `value` is no JSON.
std::optional<std::string> with_member(const std::string& text, const std::string& name,
                                       const std::string& value);

class JsonObject final {
 public:
  // Nothing when `text` is not a JSON object.
  static std::optional<JsonObject> parse(std::string_view text);

  bool has(std::string_view key) const;
  std::optional<std::string> text(std::string_view key) const;  // a string field
  std::vector<std::string> texts(std::string_view key) const;   // the strings of an array field
  bool flag(std::string_view key) const;  // true only for a field that is true
  std::vector<std::string> keys() const;
  // Fields that are text, numbers or booleans, each as text.
  std::vector<std::pair<std::string, std::string>> scalars() const;
  // The object under `key`, and the objects of the array under `key`.
  std::optional<JsonObject> object(std::string_view key) const;
  std::size_t length(std::string_view key) const;  // of an array field, else 0

 private:
  struct Tree;
  std::shared_ptr<const Tree> tree_;
};

}  // namespace postern::sandbox
