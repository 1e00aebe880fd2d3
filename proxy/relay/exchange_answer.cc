// The half of Exchange that answers: with what comes from Sentry, or by itself.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/status.h"
#include "relay/cors.h"
#include "relay/exchange.h"
#include "relay/forward_headers.h"

namespace postern::relay {
namespace {

// After what no well-meaning client sends, nothing more is read from this one.
bool ends_connection(Code code) {
  return code == Code::kBadRequest || code == Code::kForbiddenCaller || code == Code::kMisdirected;
}

// Nothing of it, and not for want of a connection of ours.
bool has_not_arrived(const http::Failure& failure) {
  return failure.sent == http::Sent::kNone && failure.stage != "queue" &&
         failure.kind != http::FailKind::kClosed;
}

// Sentry's name for its own body is no name for the bytes of the edited one (RFC 9110 §8.8.1).
void weaken_etag(http::Fields& fields, std::string& weak) {
  for (http::Field& field : fields) {
    if (!field.value.starts_with('"') || !text::iequals(field.name, "ETag")) continue;
    weak = "W/" + std::string(field.value);
    field.value = weak;
    return;
  }
}

}  // namespace

// --------------------------------------------------------------------------------- from Sentry

void Exchange::on_sent(Instant now) {
  sent_ = now;
  awaiting_head_ = true;
  pass_.on_sent(now);
  if (visit_ != nullptr) visit_->on_sent(now);
  record_.queue = now - begun_ - record_.upstream;
  if (head_.expect_continue) accept_body();
}

// Time with Sentry, over all attempts; the rest until the last was sent is the queue's.
void Exchange::stop_clock() {
  if (std::exchange(awaiting_head_, false)) record_.upstream += relay_.clock_.now() - sent_;
}

void Exchange::on_writable() {
  if (resend()) responder_.resume_body();
}

void Exchange::on_head(const http::ResponseHead& head) {
  stop_clock();
  stream_.drop();
  if (is_ingest_) return send_answer_head(head);
  if (head.status / 100 == 2) token_worked();
  if (HeldAnswer::is_wanted(head, settings_->admission != nullptr))
    held_ = std::make_unique<HeldAnswer>(head);
  if (held_ != nullptr && HeldAnswer::speaks_of_limits(head.status)) return;
  if (!learn(head, {}) && held_ == nullptr && !begin_whole(head)) send_answer_head(head);
}

void Exchange::send_answer_head(const http::ResponseHead& head) {
  record_.origin = "sentry";
  record_.status = head.status;
  if (head.status == 403 && !is_ingest_) explain_forbidden();
  if (visit_ != nullptr) visit_->on_head(head);
  if (tap_ != nullptr) tap_->on_response_head(head.fields);
  http::Fields& fields = relay_.scratch_;
  make_response_fields(head, fields);
  if (retry_after_.size() > 0 && http::find(fields, http::FieldName::kRetryAfter) == nullptr)
    fields.push_back({"Retry-After", retry_after_.text(), http::FieldName::kRetryAfter});
  std::vector<std::string> rewritten;
  rewrite_urls(fields, rewritten);
  if (allowed_origin_) append_cors_fields(head_, fields);
  append_own_fields(fields);
  if (visit_ != nullptr) visit_->append_fields(fields);
  answer_begun_ = true;
  if (request_ended_) drop_kept();
  bool no_body = head_.method == http::Method::kHead;
  // What GET would be answered with is edited, and then has another length.
  const bool length_unknown = no_body && body_urls_ != BodyUrls::kNone && head.status == 200;
  responder_.send_head({head.status, head.reason, &fields,
                        length_unknown ? http::Framing::none() : head.declared, no_body});
}

void Exchange::on_body(std::string_view bytes) {
  if (held_ != nullptr && held_->add(bytes)) return call_.credit(bytes.size());
  if (learn_from_held()) return;
  if (held_ != nullptr) send_held();  // too long to be one of Sentry's own
  if (whole_ != nullptr) return add_to_whole(bytes);
  if (visit_ != nullptr && gather(bytes)) return;
  send_body(bytes);
  owed_ += bytes.size();
  if (!responder_.congested()) call_.credit(std::exchange(owed_, 0));
}

void Exchange::send_body(std::string_view bytes) {
  record_.bytes_out += bytes.size();
  if (tap_ != nullptr) tap_->add_response(bytes);
  responder_.send_body(bytes);
}

void Exchange::send_held() {
  const std::unique_ptr<HeldAnswer> held = std::move(held_);
  send_answer_head(held->head());
  send_body(held->body());
}

void Exchange::on_done() {
  call_.forget();
  ingest_slot_.drop();
  if (held_ != nullptr) return judge_held();
  if (whole_ != nullptr && !send_whole()) return;
  if (visit_ == nullptr || !visit_->gathers()) return responder_.end();
  visit_->on_done();
  send_rest();
}

void Exchange::on_fail(const http::Failure& failure) {
  call_.forget();
  stop_clock();
  stream_.drop();
  if (learn_from_held()) return;  // its head has said what it is
  held_.reset();
  drop_whole();
  learn_from(failure);
  if (has_not_arrived(failure) && leave_region(failure.detail)) return retry();
  if (may_retry(failure)) {
    ++retries_;
    return retry();
  }
  reason_ = failure.detail;
  if (visit_ != nullptr) visit_->on_failed();
  give_up(from_failure(failure));
}

void Exchange::retry() {
  ++relay_.counters_.retries;
  is_ingest_ ? forward_again() : go_on();
}

bool Exchange::may_retry(const http::Failure& failure) const {
  return !answer_begun_ && keeping_ && retries_ + 1 < settings_->options.max_attempts &&
         failure.retry_safe(head_.method);
}

// ------------------------------------------------------------------------------------- answering

// Ends the exchange whatever has happened so far: with our answer if none has begun, otherwise by
// cutting the one under way, so that the client can tell.
void Exchange::give_up(const Problem& problem) {
  call_.cancel();
  ingest_slot_.drop();
  stream_.drop();
  pass_.drop();
  drop_whole();
  if (!answer_begun_) return refuse(problem);
  record_.code = name(problem.code);
  if (reason_.empty()) reason_ = problem.detail;
  responder_.cut();
}

void Exchange::refuse(const Problem& problem) {
  stop_waiting();
  pass_.drop();
  if (visit_ != nullptr) visit_->on_over();
  ++relay_.counters_.generated;
  answer_begun_ = true;
  record_.origin = "postern";
  record_.status = status(problem.code);
  record_.code = name(problem.code);
  if (reason_.empty()) reason_ = problem.detail;
  if (ends_connection(problem.code)) responder_.close_after();
  const Reader reader = reader_of(head_.fields);
  std::string body = to_json(problem, reader);
  std::string retry_after = std::to_string(problem.retry_after);
  http::Fields& fields = relay_.scratch_;
  fields.clear();
  fields.push_back({"Content-Type", media_type(reader)});
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
  if (!no_body) send_body(body);
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
  const bool is_edited =
      body_urls_ != BodyUrls::kNone && (record_.status == 200 || record_.status == 304);
  if (urls == 0 && !is_edited) return;
  rewritten.reserve(urls + 1);  // the views below must not move
  const UrlRewriter& rewriter = route_->rewriter;
  const std::string origin = client_origin();
  for (http::Field& field : fields) {
    bool is_link = field.id == http::FieldName::kLink;
    if (!is_link && field.id != http::FieldName::kLocation) continue;
    std::string& value = rewritten.emplace_back();
    bool changed = is_link ? rewriter.rewrite_link(field.value, origin, value)
                           : rewriter.rewrite_location(field.value, origin, value);
    if (changed) field.value = value;
  }
  if (is_edited) weaken_etag(fields, rewritten.emplace_back());
}

// What the client called us. A unix socket's caller names some host as well, since HTTP asks it to.
std::string Exchange::client_origin() const {
  std::string origin = caller_.is_secure ? "https://" : "http://";
  return origin.append(head_.authority.empty() ? caller_.listener : head_.authority);
}

void Exchange::append_own_fields(http::Fields& fields) {
  char* at = timing_;
  const auto write = [&](std::string_view text) { at = std::copy(text.begin(), text.end(), at); };
  for (auto [name, value] : {std::pair<std::string_view, Duration>("queue;dur=", record_.queue),
                             {", upstream;dur=", record_.upstream}}) {
    write(name);
    at += text::write_milliseconds(value, at);
  }
  constexpr size_t kLongestScope = 64;  // of the table: lower-case letters and colons
  if (!record_.missing_scope.empty() && record_.missing_scope.size() <= kLongestScope) {
    write(", missing_scope;desc=\"");
    write(record_.missing_scope);
    write("\"");
  }
  fields.push_back({"X-Request-Id", request_id_});
  fields.push_back({"Server-Timing", {timing_, static_cast<size_t>(at - timing_)}});
  if (record_.attempts < 2) return;
  attempts_ = {};
  attempts_.append(static_cast<uint64_t>(record_.attempts));
  fields.push_back({"X-Postern-Attempts", attempts_.text()});
}

}  // namespace postern::relay
