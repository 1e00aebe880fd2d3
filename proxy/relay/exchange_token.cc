// The part of Exchange that keeps a dead token from the caller: it waits for a live one, and sends
// a request again whose token Sentry has refused.
#include <algorithm>
#include <optional>
#include <utility>

#include "relay/exchange.h"
#include "relay/refusals.h"

namespace postern::relay {
namespace {

using grants::Standing;
using grants::Verdict;

// Why a request was sent again, for the log.
constexpr std::string_view kTokenReplaced = "token_replaced";
constexpr std::string_view kTokenRetried = "token_retried";

}  // namespace

// --------------------------------------------------------------------------------- a live token

bool Exchange::make_ready() {
  const Standing standing = grant_->standing(relay_.clock_.now(), can_be_replayed());
  if (standing == Standing::kWait) return wait_for_token(Pause::kToken), false;
  if (standing == Standing::kUnavailable && await_next_try(Pause::kToken)) return false;
  if (standing != Standing::kGo) return refuse_standing(standing), false;
  token_ = grant_->token();
  route_ = &relay_.routes_.at(grant_);
  choose_destination();
  return true;
}

void Exchange::refuse_standing(Standing standing) {
  refuse(from_standing(standing, *grant_, relay_.clock_.now()));
}

// Could all of it be sent again, should its token die under way? As far as is known by now.
bool Exchange::can_be_replayed() const {
  if (!keeping_) return false;
  if (head_.framing.kind != http::Framing::Kind::kLength) return true;
  return has_room_for(head_.framing.length);
}

// -------------------------------------------------------------------------------------- waiting

void Exchange::pause(Pause why, Duration at_most) {
  if (timer_ == nullptr) timer_ = relay_.timers_.make([this] { on_timer(); });
  const Instant now = relay_.clock_.now();
  timer_->set(now + at_most);
  if (pause_ == Pause::kNone) paused_ = now;
  pause_ = why;
}

// Told too early, it waits on, but no longer than it would have in the first place.
void Exchange::wait_for_token(Pause why) {
  if (pause_ == Pause::kNone || pause_ == Pause::kLag)
    pause(why, settings_->options.max_token_wait);
  stream_.drop();  // not under way now; a refresh need not wait for it
  ticket_ = grant_->wait(*this);
}

// A refresh has failed. False: the next one comes too late for this one.
bool Exchange::await_next_try(Pause why) {
  const bool is_waiting = pause_ == Pause::kToken || pause_ == Pause::kRefused;
  Instant end = settings_->options.max_token_wait + (is_waiting ? paused_ : relay_.clock_.now());
  if (wish_)
    end = std::min(end, begun_ + *wish_ + record_.upstream);  // Sentry's time is no waiting
  const std::optional<Instant> next = grant_->next_try();
  if (!next || *next >= end) return false;
  wait_for_token(why);
  timer_->set(end);
  return true;
}

void Exchange::on_settled() {
  if (pause_ == Pause::kToken || pause_ == Pause::kRefused) go_on();
}

void Exchange::on_timer() {
  if (pause_ == Pause::kLag) return go_on();
  refuse_standing(Standing::kUnavailable);
}

void Exchange::stop_waiting() {
  ticket_.drop();
  if (pause_ == Pause::kNone) return;
  timer_->clear();
  token_wait_ += relay_.clock_.now() - paused_;
  pause_ = Pause::kNone;
}

// After a pause, or without one: sends with the token of now.
void Exchange::go_on() {
  const Pause was = pause_;
  const std::shared_ptr<const grants::Token> old = token_;
  if (!make_ready()) return;  // waits on, or has answered
  const bool newer = old == nullptr || token_->generation != old->generation;
  if (was == Pause::kRefused && !newer) {
    if (grant_->state() == grants::GrantState::kRefreshing) return wait_for_token(Pause::kRefused);
    // It has worked for another request since; or the refresh that failed was nobody's need.
    if (!grant_->is_doubted()) return judge_refusal();
    return await_next_try(Pause::kRefused) ? void() : refuse_standing(Standing::kUnavailable);
  }
  stop_waiting();
  if (held_ != nullptr) {
    ++relay_.counters_.replays;
    if (newer) ++replays_;
    replay_reason_ = newer ? kTokenReplaced : kTokenRetried;
    held_.reset();
  }
  if (admit()) forward_again();
}

void Exchange::forward_again() {
  resent_ = 0;
  forward();
  if (resend()) responder_.resume_body();
}

// ----------------------------------------------------------------------------- a token refused

// The kind of request, for what the grant remembers of kinds.
Exchange::RouteName Exchange::route_name() const {
  RouteName route(match_.group);
  route.append(" ");
  route.append(limits_route_);
  return route;
}

void Exchange::token_worked() {
  grant_->worked(token_->generation, sent_);
  if (!grant_->has_suspects()) return;
  grant_->route_worked(route_name().text(), token_->generation, relay_.clock_.now());
}

// Sentry's answer is whole and nobody has seen it yet.
void Exchange::judge_held() {
  if (learn_from_held()) return;
  if (!held_->says_token_dead()) return pass_on();
  judge_refusal();
}

void Exchange::judge_refusal() {
  const RouteName route = route_name();
  const grants::Ruling ruling =
      grant_->refused({token_->generation, sent_, route.text(), replays_, lag_retries_, keeping_},
                      relay_.clock_.now());
  if (ruling.verdict == Verdict::kRevoked) return refuse_standing(Standing::kRevoked);
  if (ruling.verdict == Verdict::kUnavailable) {
    if (keeping_ && await_next_try(Pause::kRefused)) return;
    return refuse_standing(Standing::kUnavailable);
  }
  if (ruling.verdict == Verdict::kPassOn || !keeping_) return pass_on();
  if (ruling.verdict == Verdict::kLater) {
    ++lag_retries_;
    return pause(Pause::kLag, ruling.after);
  }
  const auto& now = grant_->token();
  const bool newer = now != nullptr && now->generation != token_->generation;
  if (ruling.verdict == Verdict::kWait && !newer) return wait_for_token(Pause::kRefused);
  go_on();
}

// The caller sees Sentry's answer as it came.
void Exchange::pass_on() {
  stop_waiting();
  send_held();
  if (!request_ended_) responder_.resume_body();
  responder_.end();
}

}  // namespace postern::relay
