#include "relay/cors.h"

namespace postern::relay {
namespace {

constexpr std::string_view kExposed =
    "Link, Retry-After, Server-Timing, X-Request-Id, X-Postern-Generated, X-Postern-Attempts, "
    "X-Postern-Cache, Age, "
    "X-Sentry-Rate-Limit-Limit, X-Sentry-Rate-Limit-Remaining, X-Sentry-Rate-Limit-Reset, "
    "X-Sentry-Rate-Limit-ConcurrentLimit, X-Sentry-Rate-Limit-ConcurrentRemaining";

std::string_view value_of(const http::RequestHead& head, std::string_view name) {
  const http::Field* field = http::find(head.fields, name);
  return field != nullptr ? field->value : std::string_view();
}

}  // namespace

bool is_preflight(const http::RequestHead& head) {
  return head.method == http::Method::kOptions &&
         http::find(head.fields, http::FieldName::kOrigin) != nullptr &&
         !value_of(head, "Access-Control-Request-Method").empty();
}

void make_preflight_fields(const http::RequestHead& head, http::Fields& out) {
  append_cors_fields(head, out);
  out.push_back({"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"});
  std::string_view wanted = value_of(head, "Access-Control-Request-Headers");
  if (!wanted.empty()) out.push_back({"Access-Control-Allow-Headers", wanted});
  if (value_of(head, "Access-Control-Request-Private-Network") == "true")
    out.push_back({"Access-Control-Allow-Private-Network", "true"});
  out.push_back({"Access-Control-Max-Age", "600"});
}

void append_cors_fields(const http::RequestHead& head, http::Fields& out) {
  out.push_back(
      {"Access-Control-Allow-Origin", http::find(head.fields, http::FieldName::kOrigin)->value});
  out.push_back({"Vary", "Origin"});
  out.push_back({"Access-Control-Expose-Headers", kExposed});
}

}  // namespace postern::relay
