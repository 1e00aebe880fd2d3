#include "cli/context.h"

namespace postern::cli {

std::string printable(std::string_view text, size_t max) {
  std::string out(text.substr(0, max));
  for (char& c : out) {
    if (c < ' ' || c >= 0x7f) c = '?';
  }
  if (text.size() > max) out += "...";
  return out;
}

void append_row(std::string& out, std::string_view label, std::string_view value, size_t max) {
  constexpr size_t kColumn = 14;
  if (value.empty()) return;
  std::string padded = "  " + std::string(label);
  padded.resize(kColumn + 2, ' ');
  out += padded + printable(value, max) + '\n';
}

}  // namespace postern::cli
