#include "relay/exchange.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/status.h"
#include "policy/target.h"
#include "relay/cors.h"
#include "relay/forward_headers.h"

namespace postern::relay {
namespace {

std::string_view value_of(const http::Field* field) {
  return field != nullptr ? field->value : std::string_view();
}

std::string_view wanted_grant(const http::RequestHead& head) {
  const http::Field* any = http::find(head.fields, http::FieldName::kXPostern);
  return any != nullptr ? value_of(http::find(head.fields, "X-Postern-Grant")) : "";
}

std::string login_action(const grants::Grant& grant) {
  return "run: postern login --import FILE --grant " + grant.options().name;
}

// After what no well-meaning client sends, nothing more is read from this one.
bool ends_connection(Code code) {
  return code == Code::kBadRequest || code == Code::kForbiddenCaller || code == Code::kMisdirected;
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
      begun_(relay.clock_.now()) {
  ++relay_.counters_.requests;
  ++relay_.counters_.active;
  const http::Field* own = http::find(head.fields, http::FieldName::kXRequestId);
  if (own != nullptr && is_request_id(own->value)) request_id_ = own->value;
}

Exchange::~Exchange() {
  call_.cancel();
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
  bool waited_in_vain = sent_ != Instant{} && record_.upstream == Duration::zero();
  if (waited_in_vain) record_.upstream = relay_.clock_.now() - sent_;
  record_.reason = reason_;
  record_.total = relay_.clock_.now() - begun_;
  write_access(relay_.logger_, record_);
}

void Exchange::begin() {
  if (check_caller() && match() && choose_grant() && make_ready()) forward();
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

bool Exchange::make_ready() {
  const std::string& name = grant_->options().name;
  switch (grant_->standing(relay_.clock_.now(), true)) {
    case grants::Standing::kGo:
      break;
    case grants::Standing::kMissing:
      return refuse({Code::kGrantMissing, "the grant " + name + " has no token yet",
                     login_action(*grant_), 0}),
             false;
    case grants::Standing::kWait:
    case grants::Standing::kUnavailable:
    case grants::Standing::kRevoked:
      return refuse({Code::kReauthorizationRequired,
                     "the token of the grant " + name + " has expired", login_action(*grant_), 0}),
             false;
  }
  token_ = grant_->token();
  route_ = &relay_.routes_.at(grant_);
  fields_ = relay_.take_fields();
  make_request_fields(head_, token_->authorization.reveal(), fields_);
  outgoing_ = {head_.method, head_.method_text, head_.target, route_->authority,
               &fields_,     head_.framing,     false};
  return true;
}

void Exchange::forward() {
  ++record_.attempts;
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
  if (answer_begun_ || kept_.size() + bytes.size() > relay_.options_.replay_max_body ||
      relay_.kept_total_ + bytes.size() > relay_.options_.replay_max_total)
    return drop_kept();
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

// --------------------------------------------------------------------------------- from Sentry

void Exchange::on_sent(Instant now) {
  sent_ = now;
  record_.queue = now - begun_;
  if (head_.expect_continue) accept_body();
}

void Exchange::on_writable() {
  if (resend()) responder_.resume_body();
}

void Exchange::on_head(const http::ResponseHead& head) {
  record_.upstream = relay_.clock_.now() - sent_;
  record_.origin = "sentry";
  record_.status = head.status;
  http::Fields& fields = relay_.scratch_;
  make_response_fields(head, fields);
  std::vector<std::string> rewritten;
  rewrite_urls(fields, rewritten);
  if (allowed_origin_) append_cors_fields(head_, fields);
  append_own_fields(fields);
  answer_begun_ = true;
  if (request_ended_) drop_kept();
  bool no_body = head_.method == http::Method::kHead;
  responder_.send_head({head.status, head.reason, &fields, head.declared, no_body});
}

void Exchange::on_body(std::string_view bytes) {
  record_.bytes_out += bytes.size();
  responder_.send_body(bytes);
  owed_ += bytes.size();
  if (!responder_.congested()) call_.credit(std::exchange(owed_, 0));
}

void Exchange::on_done() {
  call_.forget();
  responder_.end();
}

void Exchange::on_fail(const http::Failure& failure) {
  call_.forget();
  if (may_retry(failure)) {
    ++relay_.counters_.retries;
    outgoing_.fresh = true;
    resent_ = 0;
    forward();
    if (resend()) responder_.resume_body();
    return;
  }
  reason_ = failure.detail;
  give_up(from_failure(failure));
}

bool Exchange::may_retry(const http::Failure& failure) const {
  return !answer_begun_ && keeping_ && record_.attempts < relay_.options_.max_attempts &&
         failure.retry_safe(head_.method);
}

// ------------------------------------------------------------------------------------- answering

// Ends the exchange whatever has happened so far: with our answer if none has begun, otherwise by
// cutting the one under way, so that the client can tell.
void Exchange::give_up(const Problem& problem) {
  call_.cancel();
  if (!answer_begun_) return refuse(problem);
  record_.code = name(problem.code);
  if (reason_.empty()) reason_ = problem.detail;
  responder_.cut();
}

void Exchange::refuse(const Problem& problem) {
  ++relay_.counters_.generated;
  answer_begun_ = true;
  record_.origin = "postern";
  record_.status = status(problem.code);
  record_.code = name(problem.code);
  if (reason_.empty()) reason_ = problem.detail;
  if (ends_connection(problem.code)) responder_.close_after();
  std::string body = to_json(problem);
  std::string retry_after = std::to_string(problem.retry_after);
  http::Fields& fields = relay_.scratch_;
  fields.clear();
  fields.push_back({"Content-Type", "application/problem+json"});
  fields.push_back({"Cache-Control", "no-store"});
  fields.push_back({"X-Postern-Generated", "1"});
  if (problem.retry_after > 0) fields.push_back({"Retry-After", retry_after});
  if (problem.code == Code::kMethodNotAllowed)
    fields.push_back({"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"});
  append_safety_fields(fields);
  if (allowed_origin_) append_cors_fields(head_, fields);
  append_own_fields(fields);
  bool no_body = head_.method == http::Method::kHead;
  responder_.send_head({record_.status, http::reason_phrase(record_.status), &fields,
                        http::Framing::of_length(body.size()), no_body});
  if (!no_body) {
    responder_.send_body(body);
    record_.bytes_out = body.size();
  }
  responder_.end();
}

void Exchange::answer_preflight() {
  ++relay_.counters_.generated;
  answer_begun_ = true;
  record_.origin = "postern";
  record_.status = 204;
  http::Fields& fields = relay_.scratch_;
  fields.clear();
  make_preflight_fields(head_, fields);
  append_own_fields(fields);
  responder_.send_head({204, http::reason_phrase(204), &fields, http::Framing::none(), false});
  responder_.end();
}

// `rewritten` holds the new values until they have been sent.
void Exchange::rewrite_urls(http::Fields& fields, std::vector<std::string>& rewritten) const {
  size_t urls =
      http::count(fields, http::FieldName::kLink) + http::count(fields, http::FieldName::kLocation);
  if (urls == 0) return;
  rewritten.reserve(urls);  // the views below must not move
  const UrlRewriter& rewriter = route_->rewriter;
  for (http::Field& field : fields) {
    bool is_link = field.id == http::FieldName::kLink;
    if (!is_link && field.id != http::FieldName::kLocation) continue;
    std::string& value = rewritten.emplace_back();
    bool changed = is_link ? rewriter.rewrite_link(field.value, client_authority(), value)
                           : rewriter.rewrite_location(field.value, client_authority(), value);
    if (changed) field.value = value;
  }
}

// What the client called us. A unix socket's caller names some host as well, since HTTP asks it to.
std::string_view Exchange::client_authority() const {
  return head_.authority.empty() ? caller_.listener : head_.authority;
}

void Exchange::append_own_fields(http::Fields& fields) {
  char* at = timing_;
  for (auto [name, value] : {std::pair<std::string_view, Duration>("queue;dur=", record_.queue),
                             {", upstream;dur=", record_.upstream}}) {
    at = std::copy(name.begin(), name.end(), at);
    at += text::write_milliseconds(value, at);
  }
  fields.push_back({"X-Request-Id", request_id_});
  fields.push_back({"Server-Timing", {timing_, static_cast<size_t>(at - timing_)}});
}

}  // namespace postern::relay
