#include "relay/held_answer.h"

#include <optional>

#include "base/text.h"
#include "relay/dead_token.h"
#include "relay/inflate.h"

namespace postern::relay {
namespace {

enum class Coding : uint8_t { kNone, kGzip, kForeign };

Coding coding_of(const http::Fields& fields) {
  if (http::count(fields, http::FieldName::kContentEncoding) > 1) return Coding::kForeign;
  const http::Field* field = http::find(fields, http::FieldName::kContentEncoding);
  if (field == nullptr || field->value.empty() || text::iequals(field->value, "identity"))
    return Coding::kNone;
  bool gzip = text::iequals(field->value, "gzip") || text::iequals(field->value, "x-gzip");
  return gzip ? Coding::kGzip : Coding::kForeign;
}

}  // namespace

bool HeldAnswer::is_wanted(const http::ResponseHead& head, bool limited) {
  const bool is_about_token = head.status == 400 || head.status == 401;
  if (!is_about_token && !(limited && speaks_of_limits(head.status))) return false;
  return head.framing.kind != http::Framing::Kind::kLength || head.framing.length <= kMaxBody;
}

bool HeldAnswer::add(std::string_view bytes) {
  if (body_.size() + bytes.size() > max_body_) return false;
  body_ += bytes;
  return true;
}

std::optional<std::string> HeldAnswer::text() const {
  switch (coding_of(head().fields)) {
    case Coding::kNone:
      return body_;
    case Coding::kGzip:
      return inflate_gzip(body_, max_inflated_);
    case Coding::kForeign:
      break;
  }
  return std::nullopt;
}

bool HeldAnswer::says_token_dead() const {
  if (speaks_of_limits(head().status)) return false;
  return relay::says_token_dead(head().status, text());
}

}  // namespace postern::relay
