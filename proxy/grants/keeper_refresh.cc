// The part of Keeper that decides when to refresh and what an outcome means.
#include <algorithm>
#include <utility>

#include "grants/keeper.h"

namespace postern::grants {
namespace {

// Between two calls to the token endpoint, whatever lifetimes it gives.
constexpr Duration kSpacing = std::chrono::seconds(1);

}  // namespace

bool Keeper::refreshable() const {
  const bool given_up = grant_.state() == GrantState::kRevoked &&
                        !(heals_itself() && tools_.clock.now() >= retry_at_);
  return refresh_ != nullptr && !foreign_ && !given_up && tools_.source->can_refresh(present_);
}

// Nobody logs in for an integration: what was put right at Sentry shows by asking again.
bool Keeper::heals_itself() const {
  return grant_.options().kind == Kind::kIntegration;
}

// ------------------------------------------------------------------------------------ on demand

bool Keeper::refresh_now(std::string_view why) {
  if (phase_ == Phase::kWanted) return true;
  if (phase_ == Phase::kWorking) {
    refresh_->force();
    needed_ = true;
    return true;
  }
  if (!refreshable()) {
    if (grant_.token() == nullptr || grant_.state() == GrantState::kRevoked || foreign_)
      return false;
    revoke("the token is no longer good (" + std::string(why) +
           ") and there is nothing to refresh it with: it needs a person; " + remedy());
    return false;
  }
  const Instant now = tools_.clock.now();
  if (now < retry_at_) return false;
  if (called_at_ && now < *called_at_ + kSpacing) {
    phase_ = Phase::kWanted;
    grant_.begin_refresh();
    schedule();
    return true;
  }
  begin(true, why);
  needed_ = true;
  return true;
}

// While the store cannot be asked, it is what may bring a token.
std::optional<Instant> Keeper::next_try() const {
  if (grant_.state() == GrantState::kUnknown && !refreshable()) return next_look();
  return phase_ == Phase::kWorking ? std::nullopt : due();
}

// -------------------------------------------------------------------------------------- in time

std::optional<Instant> Keeper::due() const {
  if (phase_ == Phase::kWanted) return *called_at_ + kSpacing;
  if (!refreshable() || !renewing_) return {};
  std::optional<Instant> due = due_at_;
  // The first one is due at once; and a dead one's successor, though nobody may come to ask for it
  // while the probes are red.
  if (grant_.token() == nullptr || is_dead()) due = Instant{};
  if (!due) return {};
  due = std::max(*due, retry_at_);
  if (called_at_) due = std::max(*due, *called_at_ + kSpacing);
  return due;
}

void Keeper::schedule() {
  if (!started_ || phase_ == Phase::kWorking || phase_ == Phase::kHolding) return;
  if (auto next = due()) return wake_timer_->set(std::max(*next, tools_.clock.now()));
  wake_timer_->clear();
}

void Keeper::on_wake() {
  const Instant now = tools_.clock.now();
  switch (phase_) {
    case Phase::kWorking:
      return;
    case Phase::kWanted:
      begin(true, "needed by a request");
      needed_ = true;
      return;
    case Phase::kIdle:
      return begin_by_itself();
    case Phase::kHolding:
      if (now >= plan_->last_safe) return begin(true, "last safe moment");
      phase_ = Phase::kIdle;
      held_at_.reset();
      due_at_ = next_attempt(*plan_, now);
      grant_.hold(false);
      return schedule();
  }
}

void Keeper::begin_by_itself() {
  if (grant_.state() == GrantState::kRevoked) return begin_early();
  const std::optional<Instant> next = due();
  if (!next || *next > tools_.clock.now()) {  // what was dead has worked since
    schedule();
    return grant_.settle();
  }
  if (!is_dead()) return begin_early();
  begin(true, "the token is dead");
  needed_ = true;
}

void Keeper::begin_early() {
  const Instant now = tools_.clock.now();
  if (!refreshable()) return;
  if (!plan_ || now >= plan_->last_safe) return begin(true, "due");
  if (grant_.streams() > 0) return hold();
  const bool only_to_hold =
      due_at_ == plan_->first_hold && now >= plan_->first_hold && now < plan_->early;
  if (!only_to_hold) return begin(false, "due");
  due_at_ = plan_->early;
  schedule();
}

// The refresh would kill the token under requests that cannot be sent again: no new ones for a
// moment, and the present ones may end.
void Keeper::hold() {
  const Instant now = tools_.clock.now();
  phase_ = Phase::kHolding;
  held_at_ = now;
  wake_timer_->set(std::min(now + plan_->hold, plan_->last_safe));
  grant_.hold(true);
}

void Keeper::on_streams_over() {
  if (phase_ == Phase::kHolding) begin(false, "due");
}

void Keeper::begin(bool forced, std::string_view why) {
  const Instant now = tools_.clock.now();
  phase_ = Phase::kWorking;
  wake_timer_->clear();
  tools_.logger.debug("refresh_begun").str("grant", grant_.options().name).str("why", why);
  needed_ = grant_.state() == GrantState::kRevoked;
  grant_.begin_refresh();
  // The token dies during the call. One that lasts too long does not stop the others for ever.
  hold_timer_->set(std::max(held_at_.value_or(now) + options_.hold, now));
  held_at_.reset();
  grant_.hold(true);
  RefreshRequest request;
  request.present = present_;
  request.forced = forced;
  request.lost = lost_;
  refresh_->start(std::move(request),
                  [this](RefreshOutcome outcome) { on_end(std::move(outcome)); });
}

// ------------------------------------------------------------------------------------- outcomes

void Keeper::on_end(RefreshOutcome outcome) {
  rests_for_store_ = false;
  ++outcomes_[static_cast<size_t>(outcome.kind)];
  phase_ = Phase::kIdle;
  hold_timer_->clear();
  if (outcome.lost) {
    lost_ = true;
    if (outcome.lost_at) lost_at_ = outcome.lost_at;
  }
  if (outcome.called_at) called_at_ = outcome.called_at;
  switch (outcome.kind) {
    case RefreshOutcome::Kind::kObtained:
      return obtained(outcome);
    case RefreshOutcome::Kind::kRefused:
      return refused(outcome);
    case RefreshOutcome::Kind::kStoreTold:
      return store_told(outcome);
    case RefreshOutcome::Kind::kDeferred:
      return deferred(outcome);
    case RefreshOutcome::Kind::kOther:
      return other_stored(outcome);
  }
}

// Somebody else was quicker.
void Keeper::other_stored(const RefreshOutcome& outcome) {
  adopt_loaded(outcome.loaded);
  // A stored token of another Sentry, say, is not adopted; nobody may be left waiting for it.
  if (phase_ != Phase::kIdle || grant_.state() != GrantState::kRefreshing) return;
  grant_.end_refresh(store_trouble_ ? store_trouble_->text : "", tools_.clock.now());
  schedule();
}

void Keeper::obtained(RefreshOutcome& outcome) {
  const std::string& name = grant_.options().name;
  ++refreshes_;
  said_ = "generation " + std::to_string(outcome.stored.generation);
  tools_.logger.info("grant_refreshed").str("grant", name).str("detail", said_);
  store_trouble_.reset();
  if (!outcome.why.empty()) {
    outcome.why = "the token endpoint gave half a pair of tokens: " + outcome.why;
    tools_.logger.warn("token_answer_flawed").str("grant", name).str("detail", outcome.why);
  }
  if (refresh_->unsaved()) {
    tools_.logger.error("store_unwritable")
        .str("grant", name)
        .str("detail",
             "the new pair of tokens is in memory only, and lost if Postern ends before it can be "
             "written: " +
                 refresh_->unsaved_why());
  }
  const Instant now = tools_.clock.now();
  auto token = make_token(outcome.stored, outcome.lifetime, outcome.sent_at, now);
  if (!token->expired(now)) {
    failures_ = 0;
    return use(std::move(outcome.stored), std::move(token));
  }
  // A token without a life would be replaced at once, and again: that is a failure in disguise.
  const Duration pause = backoff(++failures_, options_, std::nullopt, tools_.random());
  use(std::move(outcome.stored), std::move(token), now + pause);
  note(outcome.why.empty() ? "the token endpoint gave a token that had expired already"
                           : outcome.why);
  grant_.end_refresh(refresh_trouble_->text, retry_at_);
  schedule();
}

void Keeper::refused(const RefreshOutcome& outcome) {
  const TokenRefusal& refusal = outcome.refusal;
  const auto& token = grant_.token();
  const bool alive = token != nullptr && !token->expired(tools_.clock.now()) && !needed_;
  if (refusal.kind == TokenRefusal::Kind::kInvalidGrant && !(alive && heals_itself())) {
    std::string text = "the token endpoint refused to renew the grant (" + refusal.detail + ")";
    if (lost_) text += "; " + lost_text();
    return revoke(text + "; " + remedy());
  }
  std::string text = "the token endpoint gave no token: " + refusal.detail;
  if (refusal.kind == TokenRefusal::Kind::kLost) text += " (its answer may have been lost)";
  rest(std::move(text), refusal.retry_after);
}

void Keeper::store_told(const RefreshOutcome& outcome) {
  rests_for_store_ = outcome.passes;
  rest("no refresh without the store: " + outcome.why, {});
}

// Nothing needs the new pair yet, so nothing rests: the next try is at the last safe moment, or
// when a request asks.
void Keeper::deferred(const RefreshOutcome& outcome) {
  const Instant now = tools_.clock.now();
  const Duration pause = backoff(++failures_, options_, std::nullopt, tools_.random());
  due_at_ = plan_ ? std::min(now + pause, std::max(plan_->last_safe, now)) : now + pause;
  note("the store cannot be written: " + outcome.why);
  tools_.logger.error("refresh_deferred")
      .str("grant", grant_.options().name)
      .str("detail", refresh_trouble_->text);
  grant_.end_refresh(refresh_trouble_->text, now);
  schedule();
}

void Keeper::rest(std::string reason, std::optional<Duration> retry_after) {
  const Instant now = tools_.clock.now();
  Duration pause = backoff(++failures_, options_, retry_after, tools_.random());
  // However long the row of failures: one try before the token in use dies.
  const bool early = plan_ && now < plan_->last_safe;
  if (early && !retry_after) pause = std::min(pause, plan_->last_safe - now);
  pause = std::max(pause, options_.backoff_min);
  retry_at_ = now + pause;
  note(std::move(reason));
  tools_.logger.warn("refresh_failed")
      .str("grant", grant_.options().name)
      .str("detail", refresh_trouble_->text)
      .ms("retry_in_ms", pause);
  grant_.end_refresh(refresh_trouble_->text, retry_at_);
  schedule();
}

// The store answers again.
void Keeper::end_rest_for_store() {
  if (!std::exchange(rests_for_store_, false)) return;
  failures_ = 0;
  retry_at_ = {};
  schedule();
}

void Keeper::revoke(std::string reason) {
  note(std::move(reason));
  tools_.logger.error("grant_revoked")
      .str("grant", grant_.options().name)
      .str("detail", refresh_trouble_->text);
  wake_timer_->clear();
  if (heals_itself()) {
    retry_at_ = tools_.clock.now() + options_.backoff_max;
    wake_timer_->set(retry_at_);
  }
  grant_.revoke(refresh_trouble_->text);
}

}  // namespace postern::grants
