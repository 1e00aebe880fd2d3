#include "config/spelling.h"

#include <algorithm>

#include "base/text.h"

namespace postern::config {

bool consists_of(std::string_view text, std::string_view also) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  });
}

bool is_slug(std::string_view text) {
  return consists_of(text, "-_") && text.size() <= 64 && text.front() != '-';
}

bool is_grant_name(std::string_view text) {
  return consists_of(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-") && text.size() <= 64 &&
         text.front() != '.';
}

bool is_field_name(std::string_view text) {
  return consists_of(text::lowered(text), "!#$%&'*+-.^_`|~") && text.size() <= 256;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    bool hex = std::string_view("0123456789abcdefABCDEF").find(text[i]) != std::string_view::npos;
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

}  // namespace postern::config
