#include "admin/scope_tree.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "policy/scopes.h"

namespace postern::admin {
namespace {

Hold hold_of(const std::vector<std::string>& scopes, std::string_view scope) {
  if (std::find(scopes.begin(), scopes.end(), scope) != scopes.end()) return Hold::kGiven;
  return policy::covers(scopes, scope) ? Hold::kContained : Hold::kNone;
}

// Of the ladder that most subjects have; the others are worth a word only where they are held.
bool is_step(std::string_view level) {
  return level == "read" || level == "write" || level == "admin";
}

ScopeBranch& branch_of(std::vector<ScopeBranch>& tree, std::string_view subject) {
  const auto found = std::find_if(tree.begin(), tree.end(), [subject](const ScopeBranch& branch) {
    return branch.subject == subject;
  });
  if (found != tree.end()) return *found;
  tree.push_back({std::string(subject), {}});
  return tree.back();
}

void add(std::vector<ScopeBranch>& tree, std::string_view scope, Hold hold) {
  std::string_view level = scope;
  const std::string_view subject = text::take_until(level, ':');
  if (hold == Hold::kNone && !is_step(level)) return;
  branch_of(tree, subject).levels.push_back({std::string(level), hold});
}

}  // namespace

std::vector<ScopeBranch> scope_tree(const std::vector<std::string>& scopes) {
  std::vector<ScopeBranch> tree;
  const auto known = policy::known_scopes();
  for (const std::string_view scope : known) add(tree, scope, hold_of(scopes, scope));
  for (const std::string& scope : scopes) {
    const bool is_known = std::find(known.begin(), known.end(), scope) != known.end();
    if (!is_known) add(tree, scope, Hold::kGiven);
  }
  return tree;
}

}  // namespace postern::admin
