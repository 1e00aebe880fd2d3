#include "admin/page.h"

#include "relay/forward_headers.h"

namespace postern::admin {
namespace {

// Nothing from elsewhere, nothing written into the page itself, no frame around it, and no window
// that keeps a handle to it.
void append_page_fields(http::Fields& fields) {
  fields.push_back({"Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                    "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                    "frame-ancestors 'none'"});
  fields.push_back({"X-Content-Type-Options", "nosniff"});
  fields.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  fields.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
  fields.push_back({"Referrer-Policy", "no-referrer"});
}

}  // namespace

http::Fields answer_fields(const Response& response) {
  http::Fields fields{{"Content-Type", response.content_type}, {"Cache-Control", "no-store"}};
  if (!response.allow.empty()) fields.push_back({"Allow", response.allow});
  if (response.use == Use::kPage) {
    append_page_fields(fields);
  } else {
    relay::append_safety_fields(fields);
  }
  return fields;
}

}  // namespace postern::admin
