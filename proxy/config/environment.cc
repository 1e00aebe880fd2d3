#include "config/environment.h"

#include <unistd.h>

#include <cctype>
#include <optional>
#include <string_view>

namespace postern::config {
namespace {

bool is_name(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) != 0) return false;
  for (char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  }
  return true;
}

// The value of what stands between ${ and }; a fault's message otherwise.
std::optional<std::string> look_up(std::string_view inside, const Environment& environment,
                                   std::string& out) {
  size_t split = inside.find(":-");
  std::string_view name = inside.substr(0, split);
  if (!is_name(name)) return "'" + std::string(name) + "' in ${…} is not the name of a variable";
  auto found = environment.find(name);
  bool has_default = split != std::string_view::npos;
  if (found != environment.end() && !(has_default && found->second.empty())) {
    out += found->second;
  } else if (has_default) {
    out += inside.substr(split + 2);
  } else {
    std::string variable(name);
    return "the environment variable " + variable + " is not set; set it, or write ${" + variable +
           ":-default}";
  }
  return {};
}

std::optional<std::string> expand_text(std::string& text, const Environment& environment) {
  std::string out;
  std::string_view rest = text;
  for (size_t dollar = rest.find('$'); dollar != std::string_view::npos; dollar = rest.find('$')) {
    out += rest.substr(0, dollar);
    rest.remove_prefix(dollar + 1);
    if (rest.starts_with('$')) {
      out += '$';
      rest.remove_prefix(1);
      continue;
    }
    size_t end = rest.find('}');
    if (!rest.starts_with('{') || end == std::string_view::npos) {
      return "a single $ must begin ${NAME}; write $$ for a dollar sign";
    }
    if (auto why = look_up(rest.substr(1, end - 1), environment, out)) return why;
    rest.remove_prefix(end + 1);
  }
  out += rest;
  text = std::move(out);
  return {};
}

void expand_below(Node& node, const std::string& path, const Environment& environment,
                  Faults& faults) {
  if (node.kind == Node::Kind::kScalar) {
    auto why = expand_text(node.text, environment);
    if (why) faults.push_back({node.origin, path, *why});
    return;
  }
  for (size_t i = 0; i < node.children.size(); ++i) {
    Node& child = node.children[i];
    std::string name = node.kind == Node::Kind::kList ? path + "[" + std::to_string(i) + "]"
                       : path.empty()                 ? child.key
                                                      : path + "." + child.key;
    expand_below(child, name, environment, faults);
  }
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view text(*entry);
    size_t split = text.find('=');
    if (split == std::string_view::npos) continue;
    environment.emplace(text.substr(0, split), text.substr(split + 1));
  }
  return environment;
}

void expand(Node& tree, const Environment& environment, Faults& faults) {
  expand_below(tree, "", environment, faults);
}

}  // namespace postern::config
