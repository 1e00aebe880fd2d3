// The scopes that Sentry knows, and which of them contain others.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::policy {

// Every name that Sentry's authorization endpoint accepts, in the order people list them.
std::span<const std::string_view> known_scopes();

// Does having `wide` give what `narrow` gives? True for equal names, known or not.
bool implies(std::string_view wide, std::string_view narrow);

// Do `granted` together give `scope`?
bool covers(const std::vector<std::string>& granted, std::string_view scope);

// Can an application ask for it? Allocates nothing.
bool is_grantable(std::string_view scope);

// Why an application must not ask for this scope, and what to ask for instead; nothing if it may.
std::optional<std::string> scope_fault(std::string_view scope);

// Scopes that another one in the list contains: (superfluous, the one that contains it), each
// superfluous one once, in the order of the list. A name that stands twice is superfluous too.
std::vector<std::pair<std::string, std::string>> redundant_scopes(
    const std::vector<std::string>& scopes);

}  // namespace postern::policy
