#include "admin/page.h"

#include "relay/forward_headers.h"

namespace postern::admin {
namespace {

// Nothing from elsewhere, nothing written into the page itself, and no frame around it.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action ";
constexpr std::string_view kNoForms = "'none'";

const std::string& policy_without_forms() {
  static const std::string policy = page_policy(kNoForms);
  return policy;
}

// With no-referrer a browser would say `Origin: null` of the page's own forms as well. An address
// that is left at once may have had the token in it.
std::string_view referrer_policy(const Response& response) {
  return response.location.empty() ? "same-origin" : "no-referrer";
}

// COOP: no window that keeps a handle to it.
void append_page_fields(http::Fields& fields, const Response& response) {
  fields.push_back({"Content-Security-Policy",
                    response.policy.empty() ? policy_without_forms() : response.policy});
  fields.push_back({"X-Content-Type-Options", "nosniff"});
  fields.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  fields.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
  fields.push_back({"Referrer-Policy", referrer_policy(response)});
}

}  // namespace

std::string page_policy(std::string_view targets) {
  return std::string(kPolicy) + std::string(targets);
}

http::Fields answer_fields(const Response& response) {
  http::Fields fields{{"Content-Type", response.content_type}, {"Cache-Control", "no-store"}};
  if (!response.allow.empty()) fields.push_back({"Allow", response.allow});
  if (!response.location.empty()) fields.push_back({"Location", response.location});
  for (const std::string& cookie : response.cookies) fields.push_back({"Set-Cookie", cookie});
  if (response.use == Use::kPage) {
    append_page_fields(fields, response);
  } else {
    relay::append_safety_fields(fields);
  }
  return fields;
}

}  // namespace postern::admin
