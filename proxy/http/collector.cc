#include "http/collector.h"

#include <algorithm>
#include <utility>

namespace postern::http {
namespace {

std::string value_of(const Fields& fields, FieldName name) {
  const Field* field = find(fields, name);
  return field == nullptr ? std::string() : std::string(field->value);
}

}  // namespace

Collector::Collector(const Clock& clock, size_t max_body, Done done)
    : clock_(clock), max_body_(max_body), done_(std::move(done)) {}

Collector::~Collector() {
  wipe_memory(body_.data(), body_.size());
}

void Collector::begin(Upstream& upstream, const OutgoingRequest& request, std::string_view body) {
  // Until it is known better, a lifetime that the answer tells counts from here: too early is safe.
  collected_.sent_at = clock_.now();
  collected_.sent_wall = clock_.wall();
  unsent_ = body;
  finished_ = !request.framing.has_body();
  call_ = Call(upstream, upstream.open(request, *this));
  send();
}

void Collector::give_up(std::string detail) {
  if (!done_) return;
  collected_.failure.kind = FailKind::kTimeout;
  collected_.failure.sent = collected_.sent ? Sent::kMaybe : Sent::kNone;
  collected_.failure.stage = collected_.sent ? "response" : "request";
  collected_.failure.detail = std::move(detail);
  end();
}

void Collector::on_sent(Instant now) {
  collected_.sent = true;
  collected_.sent_at = now;
  collected_.sent_wall = clock_.wall();
}

void Collector::on_head(const ResponseHead& head) {
  collected_.answer.status = head.status;
  collected_.answer.retry_after = value_of(head.fields, FieldName::kRetryAfter);
  collected_.answer.date = value_of(head.fields, FieldName::kDate);
  // In one piece: what grows leaves copies of itself behind, of a token perhaps.
  const bool is_known = head.framing.kind == Framing::Kind::kLength;
  body_.reserve(is_known ? std::min<uint64_t>(head.framing.length, max_body_) : max_body_);
}

void Collector::on_body(std::string_view bytes) {
  body_ += bytes.substr(0, max_body_ - std::min(max_body_, body_.size()));
  call_.credit(bytes.size());
}

void Collector::on_done() {
  call_.forget();
  collected_.is_whole = true;
  collected_.answer.body = Secret(std::move(body_));
  end();
}

void Collector::on_fail(const Failure& failure) {
  call_.forget();
  collected_.failure = failure;
  collected_.sent = failure.sent != Sent::kNone;
  end();
}

void Collector::send() {
  if (finished_) return;
  unsent_.remove_prefix(call_.write(unsent_));
  if (!unsent_.empty()) return;
  finished_ = true;
  call_.finish();
}

void Collector::end() {
  call_.cancel();
  const Done done = std::move(done_);
  done(std::move(collected_));
}

}  // namespace postern::http
