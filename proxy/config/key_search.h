// Finding the key that a piece of configuration means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/keys.h"

namespace postern::config {

// What the key of a secret's file has behind the secret's own: token, token_file.
inline constexpr std::string_view kFileSuffix = "_file";

// The keys one may write directly below `section` ("" or "server."), each once.
std::vector<std::string_view> names_below(const std::vector<Key>& keys, std::string_view section);

// Null: there is none. Points into `keys`.
const Key* find_key(const std::vector<Key>& keys, std::string_view path);
// The secret that `path` names the file of.
const Key* find_secret_of_file(const std::vector<Key>& keys, std::string_view path);

bool is_section(const std::vector<Key>& keys, std::string_view path);

std::string join(const std::vector<std::string_view>& names);

}  // namespace postern::config
