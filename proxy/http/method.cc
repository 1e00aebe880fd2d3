#include "http/method.h"

#include <array>

namespace postern::http {
namespace {

// In the order of the enum, without kOther.
constexpr std::array<std::string_view, 7> kNames{"GET",   "HEAD",   "POST",   "PUT",
                                                 "PATCH", "DELETE", "OPTIONS"};

}  // namespace

Method parse_method(std::string_view token) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == token) return static_cast<Method>(i);
  }
  return Method::kOther;
}

}  // namespace postern::http
