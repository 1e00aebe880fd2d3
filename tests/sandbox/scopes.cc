#include "scopes.h"

#include <algorithm>
#include <map>
#include <set>

namespace postern::sandbox {
namespace {

using Words = std::vector<std::string>;

// Direct implications; the rest follows from repeating them.
const std::map<std::string, Words, std::less<>>& implications() {
  static const std::map<std::string, Words, std::less<>> table = {
      {"org:read", {}},
      {"org:write", {"org:read"}},
      {"org:admin", {"org:write", "org:integrations"}},
      {"org:integrations", {}},
      {"org:ci", {}},
      {"org:billing", {}},
      {"member:read", {}},
      {"member:invite", {"member:read"}},
      {"member:write", {"member:invite"}},
      {"member:admin", {"member:write"}},
      {"team:read", {}},
      {"team:write", {"team:read"}},
      {"team:admin", {"team:write"}},
      {"project:read", {}},
      {"project:write", {"project:read"}},
      {"project:admin", {"project:write"}},
      {"project:releases", {}},
      {"project:distribution", {}},
      {"event:read", {}},
      {"event:write", {"event:read"}},
      {"event:admin", {"event:write"}},
      {"alerts:read", {}},
      {"alerts:write", {"alerts:read"}},
      {"openid", {}},
      {"profile", {}},
      {"email", {}},
  };
  return table;
}

void add(const std::string& scope, std::set<std::string>& into) {
  const auto found = implications().find(scope);
  if (found == implications().end() || !into.insert(scope).second) return;
  for (const std::string& implied : found->second) add(implied, into);
}

}  // namespace

bool is_scope(std::string_view name) {
  return implications().find(name) != implications().end();
}

std::vector<std::string> with_implied(const std::vector<std::string>& scopes) {
  std::set<std::string> all;
  for (const std::string& scope : scopes) add(scope, all);
  return {all.begin(), all.end()};
}

std::string joined(const std::vector<std::string>& words, char separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

const std::vector<std::string>& all_scopes() {
  static const std::vector<std::string> names = [] {
    Words all;
    for (const auto& entry : implications()) all.push_back(entry.first);
    return all;
  }();
  return names;
}

}  // namespace postern::sandbox
