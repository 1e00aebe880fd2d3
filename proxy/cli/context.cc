#include "cli/context.h"

#include "base/printable.h"

namespace postern::cli {

std::string printable(std::string_view text, size_t max) {
  return text::printable(text, max);
}

void append_row(std::string& out, std::string_view label, std::string_view value, size_t max) {
  constexpr size_t kColumn = 14;
  if (value.empty()) return;
  std::string padded = "  " + std::string(label);
  padded.resize(kColumn + 2, ' ');
  out += padded + printable(value, max) + '\n';
}

}  // namespace postern::cli
