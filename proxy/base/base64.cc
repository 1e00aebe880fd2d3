#include "base/base64.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace postern::text {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint32_t byte_at(std::string_view bytes, size_t index) {
  return index < bytes.size() ? static_cast<unsigned char>(bytes[index]) : 0;
}

}  // namespace

Secret to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t group =
        byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
    for (uint32_t digit = 0; digit < 4; ++digit) text += kDigits[group >> (18 - 6 * digit) & 63];
  }
  const size_t padding = (3 - bytes.size() % 3) % 3;
  for (size_t i = 0; i < padding; ++i) text[text.size() - 1 - i] = '=';
  return Secret(std::move(text));
}

std::optional<Secret> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return {};
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t group = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const size_t value = kDigits.find(digits[i]);
    if (value == std::string_view::npos) return {};
    group = group << 6 | static_cast<uint32_t>(value);
    // Each digit but the first of four completes a byte.
    const uint32_t spare = 6 - 2 * static_cast<uint32_t>(i % 4);
    if (i % 4 != 0) bytes += static_cast<char>(group >> spare & 255);
  }
  const uint32_t spare_bits = padding == 2 ? 15 : padding == 1 ? 3 : 0;
  if ((group & spare_bits) != 0) return {};
  return Secret(std::move(bytes));
}

}  // namespace postern::text
