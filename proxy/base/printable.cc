#include "base/printable.h"

namespace postern::text {

std::string printable(std::string_view text, size_t max) {
  std::string out(text.substr(0, max));
  for (char& c : out) {
    if (c < ' ' || c >= 0x7f) c = '?';
  }
  if (text.size() > max) out += "...";
  return out;
}

}  // namespace postern::text
