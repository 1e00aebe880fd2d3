#include "admin/scope_choice.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "policy/scopes.h"

namespace postern::admin {
namespace {

ScopeChoice& choice_of(std::vector<ScopeChoice>& all, std::string_view scope) {
  const std::string_view subject = text::take_until(scope, ':');
  const auto found = std::find_if(all.begin(), all.end(), [subject](const ScopeChoice& choice) {
    return choice.subject == subject;
  });
  if (found != all.end()) return *found;
  all.push_back({std::string(subject), {}, {}});
  return all.back();
}

// The next step above the ones there are; reading is the first.
bool is_step(const ScopeChoice& choice, std::string_view scope) {
  return choice.ladder.empty() ? scope.ends_with(":read")
                               : policy::implies(scope, choice.ladder.back().scope);
}

// "part of org:admin".
std::string note_of_other(std::string_view scope) {
  for (const std::string_view wide : policy::known_scopes())
    if (wide != scope && policy::implies(wide, scope)) return "part of " + std::string(wide);
  return {};
}

void add(std::vector<ScopeChoice>& all, std::string_view scope,
         const std::vector<std::string>& scopes) {
  ScopeChoice& choice = choice_of(all, scope);
  ScopeOption option{
      std::string(scope), {}, std::find(scopes.begin(), scopes.end(), scope) != scopes.end()};
  if (!is_step(choice, scope)) {
    option.note = note_of_other(scope);
    return choice.others.push_back(std::move(option));
  }
  if (!choice.ladder.empty()) option.note = "with all before it";
  choice.ladder.push_back(std::move(option));
}

// Of several steps the highest one counts.
void keep_highest(ScopeChoice& choice) {
  bool is_above = false;
  for (auto step = choice.ladder.rbegin(); step != choice.ladder.rend(); ++step) {
    step->is_chosen = step->is_chosen && !is_above;
    is_above = is_above || step->is_chosen;
  }
}

}  // namespace

std::vector<ScopeChoice> scope_choices(const std::vector<std::string>& scopes) {
  std::vector<ScopeChoice> all;
  const auto known = policy::known_scopes();
  for (const std::string_view scope : known)
    if (policy::is_grantable(scope)) add(all, scope, scopes);
  for (const std::string& scope : scopes)
    if (std::find(known.begin(), known.end(), scope) == known.end()) add(all, scope, scopes);
  for (ScopeChoice& choice : all) keep_highest(choice);
  return all;
}

}  // namespace postern::admin
