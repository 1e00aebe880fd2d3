#include "relay/exchange.h"

#include <utility>

#include "policy/target.h"
#include "relay/cors.h"

namespace postern::relay {
namespace {

std::string_view value_of(const http::Field* field) {
  return field != nullptr ? field->value : std::string_view();
}

std::string_view wanted_grant(const http::RequestHead& head) {
  const http::Field* any = http::find(head.fields, http::FieldName::kXPostern);
  return any != nullptr ? value_of(http::find(head.fields, "X-Postern-Grant")) : "";
}

}  // namespace

Exchange::Exchange(Relay& relay, const http::RequestHead& head, const http::Caller& caller,
                   http::Responder& responder)
    : relay_(relay),
      head_(head),
      caller_(caller),
      responder_(responder),
      id_(relay.request_ids_.next()),
      request_id_(id_.data(), id_.size()),
      begun_(relay.clock_.now()),
      pass_(relay.admission_.get(), *this) {
  ++relay_.counters_.requests;
  ++relay_.counters_.active;
  const http::Field* own = http::find(head.fields, http::FieldName::kXRequestId);
  if (own != nullptr && is_request_id(own->value)) request_id_ = own->value;
}

Exchange::~Exchange() {
  call_.cancel();
  stream_.drop();
  drop_kept();
  relay_.give_fields(std::move(fields_));
  --relay_.counters_.active;
  if (!relay_.logger_.options().access) return;
  record_.method = head_.method_text;
  record_.path = head_.path;
  record_.listener = caller_.listener;
  record_.client = caller_.address;
  record_.request_id = request_id_;
  if (grant_ != nullptr) record_.grant = grant_->options().name;
  stop_clock();
  record_.reason = reason_.empty() ? replay_reason_ : reason_;
  record_.total = relay_.clock_.now() - begun_;
  write_access(relay_.logger_, record_);
}

void Exchange::begin() {
  if (check_caller() && match() && choose_grant() && read_wishes() && make_ready() && admit())
    forward();
}

// ----------------------------------------------------------------------------------- the phases

bool Exchange::check_caller() {
  allowed_origin_ =
      relay_.guard_.is_allowed_origin(value_of(http::find(head_.fields, http::FieldName::kOrigin)));
  std::optional<Problem> problem = relay_.guard_.refuse(head_, caller_);
  // A preflight cannot carry the field that is required of the request behind it.
  bool only_field_missing = problem && problem->code == Code::kPreconditionRequired;
  if (allowed_origin_ && is_preflight(head_) && (!problem || only_field_missing))
    return answer_preflight(), false;
  if (problem) return refuse(*problem), false;
  return true;
}

bool Exchange::match() {
  policy::Target target = policy::classify(head_.path);
  organization_ = target.organization;
  if (target.kind == policy::TargetKind::kUnsafe)
    return refuse({Code::kBadRequest, std::string(target.detail), "send the path in its plain form",
                   0}),
           false;
  if (target.kind == policy::TargetKind::kOutside)
    return refuse({Code::kNotAnApiPath, "only paths below /api/0/ are carried to Sentry",
                   "ask for /api/0/…, as in Sentry's API reference", 0}),
           false;
  if (head_.framing.kind == http::Framing::Kind::kLength &&
      head_.framing.length > relay_.options_.max_body)
    return refuse({Code::kBodyTooLarge, "the body is larger than body.max allows",
                   "send less, or raise body.max", 0}),
           false;
  return true;
}

bool Exchange::choose_grant() {
  grants::Selection selection =
      relay_.registry_.select({caller_.grant_ceiling, wanted_grant(head_), organization_});
  grant_ = selection.grant;
  std::string names = grant_ == nullptr ? relay_.registry_.names() : std::string();
  switch (selection.failure) {
    case grants::SelectFailure::kNone:
      return organization_is_the_grants();
    case grants::SelectFailure::kAmbiguous:
      refuse({Code::kAmbiguousGrant, "more than one grant could be meant: " + names,
              "name one in the field X-Postern-Grant", 0});
      break;
    case grants::SelectFailure::kUnknown:
      refuse({Code::kUnknownGrant, "there is no such grant; there are: " + names,
              "name one of them in X-Postern-Grant, or add it to grants", 0});
      break;
    case grants::SelectFailure::kNotAllowedHere:
      refuse({Code::kGrantNotAllowedHere,
              "this listener serves the grant " + std::string(caller_.grant_ceiling) + " only",
              "use the listener of the other grant", 0});
      break;
  }
  return false;
}

// A user's token opens every organization of that user; the grant is for one of them.
bool Exchange::organization_is_the_grants() {
  const std::string& own = grant_->options().organization;
  if (organization_.empty() || organization_ == own) return true;
  refuse({Code::kWrongOrganization,
          "the path names the organization " + std::string(organization_) + ", the grant " +
              grant_->options().name + " is for " + own,
          "name " + own + " in the path by its slug, or add a grant for the other organization",
          0});
  return false;
}

void Exchange::forward() {
  ++record_.attempts;
  held_.reset();
  if (!can_be_replayed()) stream_ = grants::Grant::Stream(*grant_);
  call_ = http::Call(route_->upstream, route_->upstream.open(outgoing_, *this));
  // A client that asked for 100 Continue sends its body once Sentry is there to take it.
  if (!head_.expect_continue) accept_body();
}

void Exchange::accept_body() {
  if (head_.framing.has_body()) responder_.accept_body(relay_.options_.max_body);
}

// -------------------------------------------------------------------------------- from the client

size_t Exchange::on_request_body(std::string_view bytes) {
  if (!call_) return answer_begun_ ? bytes.size() : 0;
  if (resent_ < kept_.size()) return 0;
  size_t taken = call_.write(bytes);
  keep(bytes.substr(0, taken));
  record_.bytes_in += taken;
  return taken;
}

void Exchange::on_request_end() {
  request_ended_ = true;
  if (call_ && resent_ == kept_.size()) call_.finish();
}

// A body stays at hand for a second attempt while it is small, and while all of them are.
void Exchange::keep(std::string_view bytes) {
  if (!keeping_ || bytes.empty()) return;
  if (answer_begun_) return drop_kept();
  if (kept_.size() + bytes.size() > relay_.options_.replay_max_body ||
      relay_.kept_total_ + bytes.size() > relay_.options_.replay_max_total)
    return become_stream();
  kept_ += bytes;
  resent_ = kept_.size();
  relay_.kept_total_ += bytes.size();
}

void Exchange::drop_kept() {
  keeping_ = false;
  relay_.kept_total_ -= kept_.size();
  kept_ = std::string();
  resent_ = 0;
}

// From here on it cannot be sent again, and needs its token to live until it is answered.
void Exchange::become_stream() {
  drop_kept();
  pass_.on_outgrown();
  if (!answer_begun_ && held_ == nullptr) stream_ = grants::Grant::Stream(*grant_);
}

// Gives what was kept to a new attempt. False: it has no room for all of it yet.
bool Exchange::resend() {
  std::string_view kept = kept_;
  while (resent_ < kept.size()) {
    size_t taken = call_.write(kept.substr(resent_));
    if (taken == 0) return false;
    resent_ += taken;
  }
  if (request_ended_) call_.finish();
  return true;
}

void Exchange::on_drained() {
  if (call_) call_.credit(std::exchange(owed_, 0));
}

void Exchange::on_request_error(const http::ParseError& error) {
  give_up(from_parse_error(error));
}

void Exchange::on_gone(std::string_view reason) {
  ++relay_.counters_.gone;
  if (reason_.empty()) reason_ = reason;
}

}  // namespace postern::relay
