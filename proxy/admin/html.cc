#include "admin/html.h"

namespace postern::admin {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

std::string_view entity_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < ' ' && c != '\n' && c != '\t') || byte == 0x7f;
}

// C1 controls: U+0080 to U+009F.
bool begins_c1(std::string_view text) {
  return text.size() >= 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) >= 0x80 &&
         static_cast<unsigned char>(text[1]) <= 0x9f;
}

// U+200E, U+200F, U+202A to U+202E and U+2066 to U+2069 turn the direction of what follows.
bool begins_turn(std::string_view text) {
  if (text.size() < 3 || text[0] != '\xe2') return false;
  const auto last = static_cast<unsigned char>(text[2]);
  if (text[1] == '\x80') return last == 0x8e || last == 0x8f || (last >= 0xaa && last <= 0xae);
  return text[1] == '\x81' && last >= 0xa6 && last <= 0xa9;
}

// How many bytes at the front must not be shown as they are.
size_t hidden_length(std::string_view text) {
  if (is_control(text.front())) return 1;
  if (begins_c1(text)) return 2;
  return begins_turn(text) ? 3 : 0;
}

}  // namespace

void append_html(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const size_t hidden = hidden_length(text);
    const std::string_view entity = entity_of(text.front());
    if (hidden > 0) {
      out += kReplacement;
    } else if (!entity.empty()) {
      out += entity;
    } else {
      out += text.front();
    }
    text.remove_prefix(hidden > 0 ? hidden : 1);
  }
}

std::string html(std::string_view text) {
  std::string out;
  append_html(out, text);
  return out;
}

}  // namespace postern::admin
