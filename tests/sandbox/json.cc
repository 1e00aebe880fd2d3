#include "json.h"

#include <nlohmann/json.hpp>

namespace postern::sandbox {

using Node = nlohmann::ordered_json;

namespace {

std::string quoted(std::string_view value) {
  return Node(std::string(value)).dump(-1, ' ', false, Node::error_handler_t::replace);
}

}  // namespace

Json::Json(std::string_view value) : text_(quoted(value)) {}

Json::Json(const std::vector<std::string>& values)
    : text_(array(std::vector<Json>(values.begin(), values.end())).text_) {}

template <typename Members>
Json Json::object_of(const Members& members) {
  Json json;
  json.text_ = "{";
  for (const auto& [key, value] : members) {
    if (json.text_.size() > 1) json.text_ += ',';
    json.text_ += quoted(key) + ':' + value.text_;
  }
  json.text_ += '}';
  return json;
}

template Json Json::object_of(const std::initializer_list<Member>&);
template Json Json::object_of(const std::vector<Member>&);

Json Json::array(const std::vector<Json>& items) {
  Json json;
  json.text_ = "[";
  for (const Json& item : items) {
    if (json.text_.size() > 1) json.text_ += ',';
    json.text_ += item.text_;
  }
  json.text_ += ']';
  return json;
}

Json Json::optional(const std::optional<std::string>& value) {
  return value ? Json(*value) : Json();
}

std::optional<std::string> with_member(const std::string& text, const std::string& name,
                                       const std::string& value) {
  const Node member = Node::parse(value, nullptr, false);
  if (!value.empty() && member.is_discarded()) return std::nullopt;
  Node node = Node::parse(text, nullptr, false);
  if (!node.is_object()) return text;
  if (value.empty()) {
    node.erase(name);
  } else {
    node[name] = member;
  }
  return node.dump(-1, ' ', false, Node::error_handler_t::replace);
}

struct JsonObject::Tree {
  Node node;
};

std::optional<JsonObject> JsonObject::parse(std::string_view text) {
  Node node = Node::parse(text, nullptr, false);
  if (!node.is_object()) return std::nullopt;
  JsonObject object;
  object.tree_ = std::make_shared<const Tree>(Tree{std::move(node)});
  return object;
}

bool JsonObject::has(std::string_view key) const {
  return tree_->node.contains(std::string(key));
}

std::optional<std::string> JsonObject::text(std::string_view key) const {
  const auto found = tree_->node.find(std::string(key));
  if (found == tree_->node.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::vector<std::string> JsonObject::texts(std::string_view key) const {
  std::vector<std::string> values;
  const auto found = tree_->node.find(std::string(key));
  if (found == tree_->node.end() || !found->is_array()) return values;
  for (const Node& item : *found) {
    if (item.is_string()) values.push_back(item.get<std::string>());
  }
  return values;
}

bool JsonObject::flag(std::string_view key) const {
  const auto found = tree_->node.find(std::string(key));
  return found != tree_->node.end() && found->is_boolean() && found->get<bool>();
}

std::vector<std::string> JsonObject::keys() const {
  std::vector<std::string> names;
  for (const auto& member : tree_->node.items()) names.push_back(member.key());
  return names;
}

std::vector<std::pair<std::string, std::string>> JsonObject::scalars() const {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto& member : tree_->node.items()) {
    const Node& value = member.value();
    if (value.is_string()) {
      fields.emplace_back(member.key(), value.get<std::string>());
    } else if (value.is_primitive() && !value.is_null()) {
      fields.emplace_back(member.key(), value.dump());
    }
  }
  return fields;
}

std::optional<JsonObject> JsonObject::object(std::string_view key) const {
  const auto found = tree_->node.find(std::string(key));
  if (found == tree_->node.end() || !found->is_object()) return std::nullopt;
  JsonObject object;
  object.tree_ = std::make_shared<const Tree>(Tree{*found});
  return object;
}

std::size_t JsonObject::length(std::string_view key) const {
  const auto found = tree_->node.find(std::string(key));
  return found != tree_->node.end() && found->is_array() ? found->size() : 0;
}

}  // namespace postern::sandbox
