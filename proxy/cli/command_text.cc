#include "cli/command_text.h"

#include <string_view>

#include "base/text.h"

namespace postern::cli {

std::vector<std::string> choices(const std::string& value) {
  std::vector<std::string> words;
  if (value.find('|') == std::string::npos) return words;
  std::string_view rest = value;
  while (!rest.empty()) words.emplace_back(text::take_until(rest, '|'));
  return words;
}

}  // namespace postern::cli
