#include "http/method.h"

#include <array>

namespace postern::http {
namespace {

// In the order of the enum.
constexpr std::array<std::string_view, kMethods> kNames{"GET",   "HEAD",   "POST",    "PUT",
                                                        "PATCH", "DELETE", "OPTIONS", "OTHER"};
constexpr size_t kKnown = kMethods - 1;

}  // namespace

Method parse_method(std::string_view token) {
  for (size_t i = 0; i < kKnown; ++i) {
    if (kNames[i] == token) return static_cast<Method>(i);
  }
  return Method::kOther;
}

std::string_view to_string(Method method) {
  return kNames[static_cast<size_t>(method)];
}

}  // namespace postern::http
