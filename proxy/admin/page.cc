#include "admin/page.h"

#include "relay/forward_headers.h"

namespace postern::admin {

http::Fields answer_fields(const Response& response) {
  http::Fields fields{{"Content-Type", response.content_type}, {"Cache-Control", "no-store"}};
  if (!response.allow.empty()) fields.push_back({"Allow", response.allow});
  relay::append_safety_fields(fields);
  return fields;
}

}  // namespace postern::admin
