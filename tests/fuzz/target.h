// What the fuzz targets share: how a broken promise ends the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "http/message.h"
#include "http/parse_types.h"

namespace postern::fuzz {

// Ends the program, so that libFuzzer keeps the input. Not assert: it must hold in every build.
inline void expect(bool promise, const char* what) {
  if (promise) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Does `part` lie within the first `size` bytes of `whole`? An empty view lies anywhere.
inline bool lies_in(std::string_view part, std::string_view whole, size_t size) {
  if (part.empty()) return true;
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + size;
}

inline bool same(const http::Fields& a, const http::Fields& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name || a[i].value != b[i].value) return false;
  }
  return true;
}

inline void expect_clean_fields(const http::Fields& fields, std::string_view whole, size_t size) {
  for (const http::Field& field : fields) {
    expect(lies_in(field.name, whole, size), "a field name lies in the head");
    expect(lies_in(field.value, whole, size), "a field value lies in the head");
    expect(http::is_token(field.name), "a field name is a token");
    expect(http::is_field_value(field.value), "a field value holds no control byte");
  }
}

// Small enough for short inputs to reach each of them.
inline constexpr http::HeadLimits kTightLimits{48, 192, 4, 12};

}  // namespace postern::fuzz
