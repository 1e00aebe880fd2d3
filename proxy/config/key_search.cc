#include "config/key_search.h"

#include <algorithm>

namespace postern::config {

std::vector<std::string_view> names_below(const std::vector<Key>& keys, std::string_view section) {
  std::vector<std::string_view> names;
  for (const Key& key : keys) {
    if (!key.path.starts_with(section)) continue;
    std::string_view name = key.path.substr(section.size());
    name = name.substr(0, name.find('.'));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

const Key* find_key(const std::vector<Key>& keys, std::string_view path) {
  auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.path == path; });
  return found == keys.end() ? nullptr : &*found;
}

bool is_section(const std::vector<Key>& keys, std::string_view path) {
  std::string start = std::string(path) + ".";
  return std::any_of(keys.begin(), keys.end(),
                     [&](const Key& key) { return key.path.starts_with(start); });
}

const Key* find_secret_of_file(const std::vector<Key>& keys, std::string_view path) {
  if (!path.ends_with(kFileSuffix)) return nullptr;
  const Key* key = find_key(keys, path.substr(0, path.size() - kFileSuffix.size()));
  return key != nullptr && is_secret(*key) ? key : nullptr;
}

std::string join(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

}  // namespace postern::config
