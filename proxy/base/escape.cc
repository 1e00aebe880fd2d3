#include "base/escape.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "base/utf8.h"

namespace postern::log {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_escaped_byte(std::string& out, unsigned char byte) {
  out.append("\\u00");
  out.push_back(kHex[byte >> 4]);
  out.push_back(kHex[byte & 15]);
}

constexpr bool is_plain(char c) {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

// How many bytes at the front of `text` are plain, eight at a time while all of them are.
size_t span_of_plain(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = kOnes * 0x80;
  const auto has_zero = [](uint64_t word) { return (word - kOnes) & ~word & kHighs; };
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    const uint64_t below_space = (word - kOnes * ' ') & ~word & kHighs;
    const uint64_t named = has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\')) |
                           has_zero(word ^ (kOnes * 0x7F));
    if ((below_space | named | (word & kHighs)) != 0) break;
  }
  while (i < text.size() && is_plain(text[i])) ++i;
  return i;
}

// Appends one character that is not plain, and says how many bytes of `text` it was.
size_t append_special(std::string& out, std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x80) {
    if (byte == '"' || byte == '\\') {
      out.push_back('\\');
      out.push_back(text[0]);
    } else {
      append_escaped_byte(out, byte);
    }
    return 1;
  }
  const size_t length = utf8::length_of(text);
  if (length == 0) {
    out.append("\\ufffd");
    return 1;
  }
  // U+0080 to U+009F are control characters that some terminals obey.
  const auto second = static_cast<unsigned char>(text[1]);
  if (byte == 0xC2 && second < 0xA0) {
    append_escaped_byte(out, second);
  } else {
    out.append(text.substr(0, length));
  }
  return length;
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const size_t plain = span_of_plain(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(append_special(out, text));
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text);
  out.push_back('"');
}

bool is_word(std::string_view text) {
  static constexpr auto kInWords = [] {
    std::array<bool, 256> table{};
    for (size_t byte = 0; byte < table.size(); ++byte) {
      const char c = static_cast<char>(byte);
      table[byte] = is_plain(c) && c != ' ' && c != '=';
    }
    return table;
  }();
  for (const char c : text)
    if (!kInWords[static_cast<unsigned char>(c)]) return false;
  return !text.empty();
}

}  // namespace postern::log
