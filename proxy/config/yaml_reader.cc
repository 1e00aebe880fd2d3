#include "config/yaml_reader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>

namespace postern::config {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr int kMaxNodes = 20000;  // aliases of aliases grow exponentially
constexpr int kMaxDepth = 32;
// The library makes half a kilobyte of each comma before anything can be counted.
constexpr ptrdiff_t kMaxSeparators = 3 * kMaxNodes;

class Refused final : public std::exception {
 public:
  Refused(Origin where, std::string why) : fault{std::move(where), "", std::move(why)} {}
  const char* what() const noexcept override { return fault.message.c_str(); }
  Fault fault;
};

// Copies the library's tree into ours.
class Copier final {
 public:
  explicit Copier(std::string name) : name_(std::move(name)) {}

  Origin at(const YAML::Mark& mark) const {
    return {Origin::Source::kFile, name_, mark.line + 1, mark.column + 1};
  }

  Node copy(const YAML::Node& from, int depth) {
    Node node;
    node.origin = at(from.Mark());
    if (++nodes_ > kMaxNodes) throw Refused(node.origin, "too many values");
    if (depth > kMaxDepth) throw Refused(node.origin, "nested too deep");
    if (from.IsScalar()) {
      node.kind = Node::Kind::kScalar;
      node.text = from.Scalar();
    } else if (from.IsSequence()) {
      node.kind = Node::Kind::kList;
      for (const auto& item : from) node.children.push_back(copy(item, depth + 1));
    } else if (from.IsMap()) {
      node.kind = Node::Kind::kMap;
      for (const auto& entry : from) node.children.push_back(copy_entry(entry, depth + 1));
    }
    return node;
  }

 private:
  Node copy_entry(const std::pair<YAML::Node, YAML::Node>& entry, int depth) {
    Origin key_origin = at(entry.first.Mark());
    if (!entry.first.IsScalar()) throw Refused(key_origin, "a key must be plain text");
    Node node = copy(entry.second, depth);
    node.key = entry.first.Scalar();
    // The library has no place for a value that is left out: point to its key.
    if (node.is_null()) node.origin = key_origin;
    node.key_origin = std::move(key_origin);
    return node;
  }

  std::string name_;
  int nodes_ = 0;
};

// Of values. What stands in comments and quotes is counted too.
ptrdiff_t separators_in(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return c == ',' || c == '[' || c == '{' || c == '\n'; });
}

}  // namespace

Result<Node, Fault> parse_yaml(std::string_view text, const std::string& name) {
  Copier copier(name);
  Origin start{Origin::Source::kFile, name, 1, 1};
  if (text.size() > kMaxBytes) return tl::unexpected(Fault{start, "", "larger than 1 MiB"});
  if (separators_in(text) > kMaxSeparators)
    return tl::unexpected(Fault{start, "", "too many values"});
  try {
    auto documents = YAML::LoadAll(std::string(text));
    if (documents.size() > 1) {
      return tl::unexpected(Fault{copier.at(documents[1].Mark()), "", "a second document"});
    }
    if (documents.empty()) return Node{};
    return copier.copy(documents.front(), 0);
  } catch (const Refused& refused) {
    return tl::unexpected(refused.fault);
  } catch (const YAML::Exception& error) {
    return tl::unexpected(Fault{copier.at(error.mark), "", "not valid YAML: " + error.msg});
  } catch (const std::exception& error) {
    return tl::unexpected(Fault{start, "", std::string("not readable: ") + error.what()});
  }
}

}  // namespace postern::config
