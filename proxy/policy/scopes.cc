#include "policy/scopes.h"

#include <algorithm>
#include <array>

#include "base/did_you_mean.h"

namespace postern::policy {
namespace {

// One step of the hierarchy; the rest follows from repeating it. Most have no more than two.
struct Step {
  std::string_view scope;
  std::array<std::string_view, 2> contains{};
};

constexpr std::array kSteps{
    Step{"org:read"},
    Step{"org:write", {"org:read"}},
    Step{"org:admin", {"org:write", "org:integrations"}},
    Step{"org:integrations"},
    Step{"org:billing"},
    Step{"org:ci"},
    Step{"member:read"},
    Step{"member:invite", {"member:read"}},
    Step{"member:write", {"member:invite"}},
    Step{"member:admin", {"member:write"}},
    Step{"team:read"},
    Step{"team:write", {"team:read"}},
    Step{"team:admin", {"team:write"}},
    Step{"project:read"},
    Step{"project:write", {"project:read"}},
    Step{"project:admin", {"project:write"}},
    Step{"project:releases"},
    Step{"project:distribution"},
    Step{"event:read"},
    Step{"event:write", {"event:read"}},
    Step{"event:admin", {"event:write"}},
    Step{"alerts:read"},
    Step{"alerts:write", {"alerts:read"}},
    Step{"openid"},
    Step{"profile"},
    Step{"email"},
};

constexpr auto kNames = [] {
  std::array<std::string_view, kSteps.size()> names{};
  for (size_t i = 0; i < kSteps.size(); ++i) names[i] = kSteps[i].scope;
  return names;
}();

constexpr std::string_view kCi = "org:ci";
constexpr std::string_view kNoCi =
    "org:ci cannot be granted by an OAuth application: Sentry's consent page fails on it; use an "
    "organization token with a grant of kind static instead";

std::string quoted(std::string_view scope) {
  std::string out = "\"";
  for (char c : scope.substr(0, 64)) out += c < ' ' || c > '~' ? '?' : c;
  return out + '"';
}

}  // namespace

std::span<const std::string_view> known_scopes() {
  return kNames;
}

bool implies(std::string_view wide, std::string_view narrow) {
  if (wide == narrow) return true;
  const auto* step =
      std::find_if(kSteps.begin(), kSteps.end(), [&](const Step& s) { return s.scope == wide; });
  if (step == kSteps.end()) return false;
  return std::any_of(step->contains.begin(), step->contains.end(), [&](std::string_view inner) {
    return !inner.empty() && implies(inner, narrow);
  });
}

bool covers(const std::vector<std::string>& granted, std::string_view scope) {
  return std::any_of(granted.begin(), granted.end(),
                     [&](const std::string& wide) { return implies(wide, scope); });
}

bool is_grantable(std::string_view scope) {
  return scope != kCi && std::find(kNames.begin(), kNames.end(), scope) != kNames.end();
}

std::optional<std::string> scope_fault(std::string_view scope) {
  if (scope == kCi) return std::string(kNoCi);
  if (is_grantable(scope)) return {};
  if (scope.find_first_of(", ") != std::string_view::npos)
    return quoted(scope) + " is not one scope; each one is an entry of the list";
  return quoted(scope) + " is not a scope that Sentry knows" + text::did_you_mean(scope, kNames);
}

std::vector<std::pair<std::string, std::string>> redundant_scopes(
    const std::vector<std::string>& scopes) {
  std::vector<std::pair<std::string, std::string>> found;
  for (size_t i = 0; i < scopes.size(); ++i) {
    for (size_t j = 0; j < scopes.size(); ++j) {
      bool is_repetition = scopes[i] == scopes[j] && j < i;
      bool is_contained = scopes[i] != scopes[j] && implies(scopes[j], scopes[i]);
      if (!is_repetition && !is_contained) continue;
      found.emplace_back(scopes[i], scopes[j]);
      break;
    }
  }
  return found;
}

}  // namespace postern::policy
