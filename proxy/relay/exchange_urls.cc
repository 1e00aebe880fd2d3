// The part of Exchange that keeps callers from being led past Postern: it reads the few answers
// that hold addresses of Sentry's whole and changes them; and it chooses the host that a request
// goes to.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "relay/exchange.h"

namespace postern::relay {
namespace {

// What says something about the bytes of a body that is not the one sent on.
constexpr std::array<std::string_view, 6> kAboutBytes = {
    "Content-Encoding", "Content-MD5", "Digest", "Content-Digest", "Repr-Digest", "Accept-Ranges",
};

bool is_json(const http::Fields& fields) {
  const http::Field* type = http::find(fields, http::FieldName::kContentType);
  if (type == nullptr) return false;
  const std::string_view media = text::trim(type->value.substr(0, type->value.find(';')));
  return text::iequals(media, "application/json");
}

bool is_about_bytes(const http::Field& field) {
  return std::any_of(kAboutBytes.begin(), kAboutBytes.end(),
                     [&](std::string_view name) { return text::iequals(name, field.name); });
}

constexpr std::string_view kMayLeadPast =
    "Sentry's answer may hold an address that leads past Postern, and ";

Problem too_large(uint64_t most) {
  return {Code::kUpstreamBroken,
          std::string(kMayLeadPast) + "is larger than the " + text::format_size(most) +
              " within which it is changed",
          "raise rewrite.max_body", 0};
}

Problem no_room(uint64_t most) {
  return {Code::kQueueFull,
          std::string(kMayLeadPast) + "others fill the " + text::format_size(most) +
              " in which such answers are changed",
          "try again, or raise rewrite.max_total", 1};
}

Problem unreadable() {
  return {
      Code::kUpstreamBroken,
      std::string(kMayLeadPast) + "comes in a coding that cannot be read, or not within its bounds",
      "look at what stands between Postern and Sentry: identity was asked for; if the answer is "
      "large, raise rewrite.max_body",
      0};
}

}  // namespace

// ---------------------------------------------------------------------------------- which host

// Once for all attempts: a region that is learnt meanwhile is for the requests to come.
void Exchange::choose_destination() {
  if (to_ != nullptr) return;
  to_ = &route_->sentry;
  const bool is_own = grant_ != nullptr && grant_->is_of(organization_);
  if (traffic_ != policy::Traffic::kUpload || !is_own) return;
  const Destination* region = route_->region.find(relay_.clock_.now());
  if (region != nullptr) to_ = region;
}

// Sentry's own host passes uploads on to the region, if more slowly. False: that one it was
// already, or too much has happened to go elsewhere.
bool Exchange::leave_region(std::string_view why) {
  if (to_ == &route_->sentry || answer_begun_ || !keeping_) return false;
  relay_.logger_.warn("region_unreachable")
      .str("host", to_->authority)
      .str("reason", why)
      .str("detail", "uploads go by Sentry's own host for a while");
  route_->region.rest(relay_.clock_.now());
  to_ = nullptr;
  return true;
}

// It has been found unreachable while this request stood in line for it.
bool Exchange::leave_resting_region() {
  const bool is_regions = to_ != nullptr && to_ != &route_->sentry;
  if (!is_regions || !keeping_ || route_->region.find(relay_.clock_.now()) != nullptr) return false;
  to_ = nullptr;
  return true;
}

// -------------------------------------------------------------------------- addresses in bodies

// A part of the body, or one in a coding, would have to be undone before it can be changed.
void Exchange::ask_for_plain_body() {
  std::erase_if(fields_, [](const http::Field& field) {
    return text::iequals(field.name, "Range") || text::iequals(field.name, "If-Range");
  });
  for (http::Field& field : fields_) {
    if (field.id == http::FieldName::kAcceptEncoding) field.value = "identity";
  }
}

// True: nothing of it is sent on before it is whole (or it has been refused).
bool Exchange::begin_whole(const http::ResponseHead& head) {
  const bool wanted = body_urls_ != BodyUrls::kNone && head.status == 200 &&
                      head.framing.has_body() && is_json(head.fields);
  if (!wanted) return false;
  const uint64_t most = settings_->options.rewrite_max_body;
  if (head.framing.kind == http::Framing::Kind::kLength && head.framing.length > most)
    return give_up(too_large(most)), true;
  whole_ = std::make_unique<HeldAnswer>(head, most, most);
  return true;
}

// Passed on unchanged, it would send its reader to Sentry without a token; the 401 there names no
// reason. So what is too large is refused, by a problem that does.
void Exchange::add_to_whole(std::string_view bytes) {
  if (relay_.whole_total_ + bytes.size() > settings_->options.rewrite_max_total)
    return give_up(no_room(settings_->options.rewrite_max_total));
  if (!whole_->add(bytes)) return give_up(too_large(settings_->options.rewrite_max_body));
  relay_.whole_total_ += bytes.size();
  whole_bytes_ += bytes.size();
  call_.credit(bytes.size());
}

void Exchange::drop_whole() {
  relay_.whole_total_ -= std::exchange(whole_bytes_, 0);
  whole_.reset();
}

// False: it has been refused.
bool Exchange::send_whole() {
  const std::optional<std::string> text = whole_->text();
  if (!text) return give_up(unreadable()), false;
  const std::optional<EditedBody> edited = edit_body_urls(body_urls_, *text, client_origin());
  if (edited && grant_->is_of(organization_)) route_->region.learn(edited->region);
  if (edited && edited->changed) {
    http::ResponseHead head = whole_->head();
    std::erase_if(head.fields, is_about_bytes);
    head.declared = http::Framing::of_length(edited->body.size());
    send_answer_head(head);
    send_body(edited->body);
  } else {  // nothing to change, or none of our business: as it came
    send_answer_head(whole_->head());
    send_body(whole_->body());
  }
  whole_.reset();  // its bytes lie with the responder until this exchange is over
  if (!request_ended_) responder_.resume_body();
  return true;
}

}  // namespace postern::relay
