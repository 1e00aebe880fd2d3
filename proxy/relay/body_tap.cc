#include "relay/body_tap.h"

#include <utility>

#include "base/text.h"
#include "base/utf8.h"
#include "relay/inflate.h"
#include "relay/token_mask.h"

namespace postern::relay {

// In lower case; of several all of them, which no one coding is.
std::string BodyTap::coding_of(const http::Fields& fields) {
  std::string coding;
  for (const http::Field& field : fields) {
    if (field.id != http::FieldName::kContentEncoding) continue;
    if (field.value.empty() || text::iequals(field.value, "identity")) continue;
    coding += (coding.empty() ? "" : ", ") + text::lowered(field.value);
  }
  return coding == "x-gzip" ? "gzip" : coding;
}

void BodyTap::add(Beginning& to, std::string_view bytes) const {
  if (bytes.empty() || to.is_cut) return;
  to.bytes.reserve(most_);
  const size_t room = most_ - to.bytes.size();
  to.is_cut = bytes.size() > room;
  to.bytes += bytes.substr(0, room);
}

ReadableBody BodyTap::read(const Beginning& from, const std::string& coding,
                           std::span<const std::string_view> tokens) const {
  if (from.bytes.empty()) return {};
  ReadableBody body{from.bytes, "text", from.is_cut};
  if (coding == "gzip") {
    Inflated inflated = inflate_beginning(from.bytes, most_);
    body.text = std::move(inflated.bytes);
    body.is_cut = !inflated.is_whole;
  }
  body.text.resize(utf8::without_cut_end(body.text).size());
  const bool is_readable = coding.empty() || (coding == "gzip" && !body.text.empty());
  if (!is_readable || !utf8::is_text(body.text))
    return {"", coding.empty() ? "binary" : coding, from.is_cut};
  mask_tokens(body.text, tokens);
  if (body.text.size() <= most_) return body;
  body.text.resize(utf8::without_cut_end(body.text.substr(0, most_)).size());
  body.is_cut = true;
  return body;
}

ReadableBodies BodyTap::readable(const http::Fields& request_fields,
                                 std::span<const std::string_view> tokens) const {
  return {read(request_, coding_of(request_fields), tokens),
          read(response_, response_coding_, tokens)};
}

}  // namespace postern::relay
