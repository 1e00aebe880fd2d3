// The part of Exchange that keeps Sentry's rate limits from the caller: it waits for its turn
// before each call, and sends again what a limit has turned away.
#include <chrono>
#include <utility>

#include "base/buffer.h"
#include "base/text.h"
#include "limits/answer.h"
#include "relay/caller_name.h"
#include "relay/exchange.h"
#include "relay/refusals.h"
#include "relay/wishes.h"

namespace postern::relay {

// ---------------------------------------------------------------------------------- one's turn

bool Exchange::read_wishes() {
  const Result<Wishes> wishes = relay::read_wishes(head_.fields);
  if (!wishes) {
    refuse({Code::kBadRequest, wishes.error().what, "correct the field, or leave it out", 0});
    return false;
  }
  const Duration most = settings_->options.limits.max_wait;
  wish_ = wishes->max_wait;
  patience_ = std::min(most, wish_.value_or(most));
  urgency_ = wishes->urgency;
  client_ = wishes->client;
  return true;
}

limits::Request Exchange::limits_request(std::string_view caller) const {
  limits::Request request;
  request.user = grant_->holder();
  request.host = to_->authority;
  request.group = match_.group;
  request.route = limits_route_;
  request.caller = caller;
  request.client = client_;
  request.urgency = urgency_;
  // Neither time with Sentry nor waiting for a token is waiting for a limit.
  request.deadline = begun_ + patience_ + record_.upstream + token_wait_;
  request.bytes = BlockPool::kBlockSize + kept_.memory();  // its head lies in a block
  request.idempotent = http::is_idempotent(head_.method);
  request.replayable = can_be_replayed();
  request.again = was_admitted_;
  return request;
}

bool Exchange::admit() {
  if (settings_->admission == nullptr) return true;
  const CallerName caller = name_of(caller_);
  switch (pass_.ask(limits_request(caller.text()))) {
    case Admission::Pass::Answer::kGo:
      was_admitted_ = true;
      return true;
    case Admission::Pass::Answer::kWait:
      if (visit_ != nullptr) visit_->on_waits();
      return false;
    case Admission::Pass::Answer::kRefused:
      break;
  }
  on_refused(pass_.refusal());
  return false;
}

// The token may have changed meanwhile, or there is none any more: then the leave is of no use.
void Exchange::on_admitted() {
  was_admitted_ = true;
  if (leave_resting_region()) {
    pass_.give_back();
    return go_on();
  }
  if (!make_ready()) return pass_.give_back();
  forward_again();
}

void Exchange::on_refused(const limits::Refusal& why) {
  const bool is_resting = why.reason == limits::Reason::kUpstreamResting;
  if (leave_resting_region() || (is_resting && leave_region("its last calls have all failed"))) {
    call_.cancel();
    stream_.drop();
    return go_on();
  }
  ++relay_.counters_.refused;
  record_.queue = relay_.clock_.now() - begun_ - record_.upstream;
  give_up(from_refusal(why, patience_));
}

// The call still stands in line for a connection, and will land in another window than the one it
// was let go for. If there is leave to be had at once, it keeps its place there; otherwise it waits
// for its turn again, once: a slow line must not send it round and round.
// A body that cannot be sent again must keep its place, and a token that has been replaced must not
// be sent.
void Exchange::on_unsent() {
  if (!keeping_) return;
  pass_.give_back();
  --record_.attempts;
  if (grant_->token() != token_) {
    call_.cancel();
    stream_.drop();
    return go_on();
  }
  const Destination* was = to_;
  if (admit()) {
    ++record_.attempts;
    return;
  }
  if (to_ != was) return;  // it has been sent elsewhere instead
  pass_.stop_watching();
  call_.cancel();
  stream_.drop();
}

// ------------------------------------------------------------------------- what answers teach

// True: a limit has turned it away, and it waits to be sent again.
bool Exchange::learn(const http::ResponseHead& head, std::string_view body_start) {
  std::optional<Duration> retry_after;
  if (!pass_.is_admitted()) return false;
  const limits::Answer answer = limits::read_answer(head.status, head.fields, body_start);
  if (!pass_.on_answer(answer, retry_after)) {
    if (retry_after)
      retry_after_.append(static_cast<uint64_t>(
          std::chrono::duration_cast<std::chrono::seconds>(*retry_after).count()));
    return false;
  }
  ++record_.limited;
  ++relay_.counters_.limited;
  call_.cancel();
  held_.reset();
  if (visit_ != nullptr) visit_->on_waits();
  return true;
}

bool Exchange::learn_from_held() {
  if (held_ == nullptr || !pass_.is_admitted()) return false;
  return learn(held_->head(), held_->text().value_or(""));
}

// A failure speaks against the host, unless it was the connection's age, our own line or a slow
// caller.
void Exchange::learn_from(const http::Failure& failure) {
  const bool is_ours = failure.stage == "queue";
  const bool has_aged = failure.kind == http::FailKind::kClosed && failure.reused;
  const bool waits_for_caller =
      failure.kind == http::FailKind::kTimeout && head_.framing.has_body() && !request_ended_;
  if (failure.sent == http::Sent::kNone && (is_ours || has_aged)) return pass_.give_back();
  if (has_aged || waits_for_caller) return pass_.drop();
  pass_.on_failure();
}

}  // namespace postern::relay
