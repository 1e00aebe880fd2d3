#include "grants/grant.h"

#include <algorithm>
#include <utility>

namespace postern::grants {
namespace {

constexpr int kMaxLagRetries = 5;
constexpr Duration kFirstLag = std::chrono::milliseconds(100);

// How long after a refresh parts of Sentry may not know the new token yet.
Duration lag_window(const Token& token) {
  return std::min<Duration>(std::chrono::seconds(5), token.lifetime / 10);
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kOauth:
      return "oauth";
    case Kind::kIntegration:
      return "integration";
    case Kind::kStatic:
      return "static";
  }
  return "oauth";
}

std::string_view to_string(GrantState state) {
  switch (state) {
    case GrantState::kMissing:
      return "missing";
    case GrantState::kUnknown:
      return "unknown";
    case GrantState::kFresh:
      return "fresh";
    case GrantState::kRefreshing:
      return "refreshing";
    case GrantState::kRevoked:
      return "revoked";
  }
  return "missing";
}

Grant::Grant(GrantOptions options) : options_(std::move(options)), holder_(find_holder()) {}

// An integration's calls count for the organization, an organization's own token for the address
// that it is used from, everything else for the user.
std::string Grant::find_holder() const {
  const std::string_view token = token_ != nullptr ? token_->access.reveal() : std::string_view();
  const bool is_static = options_.kind == Kind::kStatic;
  if (options_.kind == Kind::kIntegration || (is_static && token.starts_with("sntryi_")))
    return "organization " + options_.organization;
  if (is_static && token.starts_with("sntrys_")) return "address";
  return user_id_.empty() ? "grant " + options_.name : "user " + user_id_;
}

// ----------------------------------------------------------------------------------- for requests

Standing Grant::standing(Instant now, bool replayable) {
  if (state_ == GrantState::kRevoked) return Standing::kRevoked;
  if (token_ != nullptr && !token_->expired(now)) {
    // Its end is near, and would take a request down with it that cannot be sent again.
    bool waits = !replayable && held_;
    return waits ? Standing::kWait : Standing::kGo;
  }
  if (state_ == GrantState::kRefreshing) {
    if (refresher_ != nullptr) refresher_->refresh_now("needed by a request");
    return Standing::kWait;
  }
  bool resting = now < retry_at_;
  if (!resting && refresher_ != nullptr && refresher_->refresh_now("needed by a request"))
    return Standing::kWait;
  if (state_ == GrantState::kRevoked) return Standing::kRevoked;
  const bool may_come = resting || state_ == GrantState::kUnknown;
  if (token_ == nullptr) return may_come ? Standing::kUnavailable : Standing::kMissing;
  // Expired: the keeper rests, or there is none, and then nothing will ever replace the token.
  return resting || refresher_ != nullptr ? Standing::kUnavailable : Standing::kRevoked;
}

Duration Grant::retry_after(Instant now) const {
  return std::max<Duration>(retry_at_ - now, std::chrono::seconds(1));
}

std::optional<Instant> Grant::next_try() const {
  return refresher_ != nullptr ? refresher_->next_try() : std::nullopt;
}

Ruling Grant::refused(const Refused& request, Instant now) {
  if (state_ == GrantState::kRevoked) return {Verdict::kRevoked, {}};
  if (token_ == nullptr) return {Verdict::kPassOn, {}};
  if (request.generation != token_->generation)
    return {request.replays == 0 ? Verdict::kReplay : Verdict::kPassOn, {}};

  // The refresh under way may have killed the token under the request. If not it, then something
  // else: the keeper must know that it is urgent now.
  const bool first = request.replays == 0;
  if (state_ == GrantState::kRefreshing && first) {
    const bool is_urgent = refresher_ != nullptr && may_ask(request, now);
    if (is_urgent) refresher_->refresh_now("refused by Sentry");
    return {Verdict::kWait, {}};
  }

  const bool alive = alive_generation_ == request.generation && alive_at_ >= request.sent_at;
  if (alive) return refused_alive(request, now);

  Duration left = token_->known_at + lag_window(*token_) - now;
  bool fresh = token_->generation > 1 && left > Duration::zero();
  if (fresh && request.lag_retries < kMaxLagRetries)
    return {Verdict::kLater, std::min(left, kFirstLag * (1 << request.lag_retries))};

  if (is_to_blame(request, now)) {
    // A new token did not help: for this kind of request refreshing is not the cure.
    RouteMarks& resting = request.replayable ? resting_routes_ : resting_streams_;
    resting.mark(request.route, now, request.generation, request.sent_at);
    suspected_routes_.lift(request.route);
    return {Verdict::kPassOn, {}};
  }
  if (!may_ask(request, now)) return {Verdict::kPassOn, {}};
  doubted_generation_ = request.generation;
  doubted_at_ = request.sent_at;
  if (refresher_ != nullptr && refresher_->refresh_now("refused by Sentry")) {
    if (!request.replayable) suspect(request, now);
    return {Verdict::kWait, {}};
  }
  if (state_ == GrantState::kRevoked) return {Verdict::kRevoked, {}};
  return {refresher_ != nullptr ? Verdict::kUnavailable : Verdict::kPassOn, {}};
}

// Somebody's later request was welcome with this token, so it is not the token: unless that one was
// quick, this one slow, and the token died in between. Sending it once more tells: what is welcome
// from then on proves the token to be alive.
Ruling Grant::refused_alive(const Refused& request, Instant now) {
  const bool sent_once = request.replays == 0 && request.lag_retries == 0;
  if (sent_once && !proven_routes_.has(request.route, now)) return {Verdict::kLater, kFirstLag};
  proven_routes_.mark(request.route, now, request.generation, request.sent_at);
  return {Verdict::kPassOn, {}};
}

// Was it refused with a newer token too? Of what cannot be sent again, the next one of its kind
// shows it.
bool Grant::is_to_blame(const Refused& request, Instant now) const {
  if (request.replays > 0) return true;
  if (request.replayable) return false;
  const auto suspected = suspected_routes_.generation_of(request.route, now);
  return suspected && *suspected < request.generation && !resting_streams_.has(request.route, now);
}

// A refresh kills the token under all that is under way. Where nobody sees whether it helps, all
// kinds together have a bound: they are many, and 2xx and 401 may take turns on one.
bool Grant::may_ask(const Refused& request, Instant now) const {
  if (resting_routes_.has(request.route, now)) return false;
  if (request.replayable) return true;
  return !resting_streams_.has(request.route, now) && unproven_.has_room(now);
}

void Grant::suspect(const Refused& request, Instant now) {
  suspected_routes_.mark(request.route, now, request.generation, request.sent_at);
  unproven_.take(now);
}

void Grant::worked(uint64_t generation, Instant sent_at) {
  if (generation < alive_generation_) return;
  // A token that did not help a route, and was welcome nowhere from then on, may have been dead as
  // well: nothing speaks against the route.
  if (generation > alive_generation_) {
    resting_routes_.lift_unproven(generation, alive_generation_, alive_at_);
    resting_streams_.lift_unproven(generation, alive_generation_, alive_at_);
  }
  alive_at_ = generation > alive_generation_ ? sent_at : std::max(alive_at_, sent_at);
  alive_generation_ = generation;
}

void Grant::route_worked(std::string_view route, uint64_t generation, Instant now) {
  suspected_routes_.drop_expired(now);
  const auto suspected = suspected_routes_.generation_of(route, now);
  if (suspected && *suspected < generation) suspected_routes_.lift(route);
}

bool Grant::is_doubted() const {
  if (token_ == nullptr || doubted_generation_ != token_->generation) return false;
  return alive_generation_ != doubted_generation_ || alive_at_ <= doubted_at_;
}

// ------------------------------------------------------------------------------------- for waiting

Grant::Ticket Grant::wait(Waiting& waiting) {
  uint64_t id = next_waiter_++;
  waiters_.emplace(id, &waiting);
  return Ticket(*this, id);
}

// Who starts to wait again while this runs has a higher id, and is told another time. The list may
// change under each call, so it is searched anew.
void Grant::settle() {
  uint64_t end = next_waiter_;
  while (!waiters_.empty() && waiters_.begin()->first < end) {
    Waiting* waiting = waiters_.begin()->second;
    waiters_.erase(waiters_.begin());
    waiting->on_settled();
  }
}

Grant::Ticket& Grant::Ticket::operator=(Ticket&& other) noexcept {
  if (this != &other) {
    drop();
    grant_ = std::exchange(other.grant_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

void Grant::Ticket::drop() {
  Grant* grant = std::exchange(grant_, nullptr);
  if (grant != nullptr) grant->waiters_.erase(id_);
}

Grant::Stream& Grant::Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    drop();
    grant_ = std::exchange(other.grant_, nullptr);
  }
  return *this;
}

void Grant::Stream::drop() {
  Grant* grant = std::exchange(grant_, nullptr);
  if (grant == nullptr || --grant->streams_ > 0) return;
  if (grant->refresher_ != nullptr) grant->refresher_->on_streams_over();
}

// ---------------------------------------------------------------------------------- for the keeper

void Grant::set_identity(std::string organization_id, std::string user_id) {
  organization_id_ = std::move(organization_id);
  user_id_ = std::move(user_id);
  holder_ = find_holder();
}

void Grant::adopt(std::shared_ptr<const Token> token) {
  token_ = std::move(token);
  holder_ = find_holder();
  state_ = token_ != nullptr ? GrantState::kFresh : GrantState::kMissing;
  reason_.clear();
  retry_at_ = {};
  held_ = false;
  settle();
}

void Grant::set_trouble(std::string why, bool passes) {
  if (state_ != GrantState::kMissing && state_ != GrantState::kUnknown) return;
  reason_ = std::move(why);
  const GrantState was =
      std::exchange(state_, passes ? GrantState::kUnknown : GrantState::kMissing);
  if (was == GrantState::kUnknown && !passes) settle();
}

void Grant::begin_refresh() {
  state_ = GrantState::kRefreshing;
}

void Grant::end_refresh(std::string reason, Instant retry_at) {
  state_ = token_ != nullptr ? GrantState::kFresh : GrantState::kMissing;
  reason_ = std::move(reason);
  retry_at_ = retry_at;
  held_ = false;
  settle();
}

void Grant::revoke(std::string reason) {
  state_ = GrantState::kRevoked;
  reason_ = std::move(reason);
  held_ = false;
  settle();
}

void Grant::hold(bool held) {
  if (std::exchange(held_, held) && !held) settle();
}

}  // namespace postern::grants
