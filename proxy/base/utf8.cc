#include "base/utf8.h"

#include <cstdint>

namespace postern::utf8 {
namespace {

bool is_tail(char c) {
  return (static_cast<uint8_t>(c) & 0xC0) == 0x80;
}

// As the first byte of a character says; 1 for what begins none.
size_t length_by_first(char c) {
  const auto first = static_cast<uint8_t>(c);
  if (first >= 0xF0 && first <= 0xF4) return 4;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  return first >= 0xC2 && first <= 0xDF ? 2 : 1;
}

bool is_readable(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return (byte >= ' ' && byte < 0x7F) || c == '\n' || c == '\t' || c == '\r';
}

}  // namespace

size_t length_of(std::string_view text) {
  const auto at = [text](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const auto tail = [&at](size_t i) { return (at(i) & 0xC0) == 0x80; };
  const int first = at(0);
  const int second = at(1);
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool beyond = first == 0xF4 && second > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = is_readable(bytes.front()) ? 1 : length_of(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string_view without_cut_end(std::string_view text) {
  size_t last = text.size();
  for (size_t back = 1; back <= 4 && back <= text.size(); ++back) {
    last = text.size() - back;
    if (!is_tail(text[last])) break;
  }
  const bool is_cut = last < text.size() && length_by_first(text[last]) > text.size() - last;
  return is_cut ? text.substr(0, last) : text;
}

}  // namespace postern::utf8
