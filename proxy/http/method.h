// Request methods (RFC 9110 §9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::http {

enum class Method : uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };
inline constexpr size_t kMethods = 8;

// Case-sensitive, as the RFC has it. CONNECT, TRACE and anything unknown are kOther.
Method parse_method(std::string_view token);
// "GET"; "OTHER" for kOther. The view lasts for ever.
std::string_view to_string(Method method);

// Does a request only read? (RFC 9110 §9.2.1)
constexpr bool is_safe(Method m) {
  return m == Method::kGet || m == Method::kHead || m == Method::kOptions;
}

// May a request be sent again although the first may have been processed? (RFC 9110 §9.2.2)
constexpr bool is_idempotent(Method m) {
  return is_safe(m) || m == Method::kPut || m == Method::kDelete;
}

}  // namespace postern::http
