#include "cli/context.h"

namespace postern::cli {

void append_row(std::string& out, std::string_view label, std::string_view value, size_t max) {
  constexpr size_t kColumn = 14;
  if (value.empty()) return;
  std::string padded = "  " + std::string(label);
  padded.resize(kColumn + 2, ' ');
  out += padded + printable(value, max) + '\n';
}

}  // namespace postern::cli
