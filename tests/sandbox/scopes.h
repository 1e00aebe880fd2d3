// Sentry's scopes: which exist, and which imply others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::sandbox {

bool is_scope(std::string_view name);
// The scopes with all that they imply, sorted, each once.
std::vector<std::string> with_implied(const std::vector<std::string>& scopes);
std::string joined(const std::vector<std::string>& words, char separator);
const std::vector<std::string>& all_scopes();

}  // namespace postern::sandbox
