// A grant: the right to act in one organization, as the requests of the moment see it.
//
// It answers the questions that each request asks: may I go, must I wait, is my token dead. What
// keeps it alive (refreshing, storing) is its keeper (grants/keeper.h), which it tells what is
// wanted.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "grants/options.h"
#include "grants/route_marks.h"
#include "grants/token.h"

namespace postern::grants {

enum class GrantState : uint8_t {
  kMissing,     // never had a token, or it was taken away
  kUnknown,     // has none, and its store cannot be asked just now
  kFresh,       // has a token
  kRefreshing,  // a new token is being obtained; the present one may still be alive
  kRevoked,     // needs a person: login again
};
std::string_view to_string(GrantState state);

// What a request may do.
enum class Standing : uint8_t {
  kGo,           // with token()
  kWait,         // wait(), and ask again when told
  kMissing,      // login needed: never had a token
  kRevoked,      // login needed: the token is gone for good
  kUnavailable,  // none to be had just now, of the token endpoint or the store: next_try()
};

// What to do about an answer that calls the token dead.
enum class Verdict : uint8_t {
  kReplay,       // there is a newer token: send again with it
  kLater,        // just refreshed, not everywhere known yet: send again after `after`
  kWait,         // a refresh has been asked for: wait(), then ask standing()
  kPassOn,       // not the token's fault: the caller sees Sentry's answer
  kUnavailable,  // the token is dead, and the token endpoint gives no new one: next_try()
  kRevoked,      // needs a person
};
struct Ruling {
  Verdict verdict = Verdict::kPassOn;
  Duration after{};  // kLater only
};

// What a request must say about itself when its token was refused.
struct Refused {
  uint64_t generation = 0;  // of the token it was sent with
  Instant sent_at;
  std::string_view route;  // names what is asked for; equal for equal kinds of request
  int replays = 0;         // how often a new token was tried for it already
  int lag_retries = 0;     // how often kLater was its answer
  bool replayable = true;  // false: no verdict can help it any more, only those that come later
};

// Asked to ask again: the grant has a new token, or has lost hope for now.
class Waiting {
 public:
  virtual ~Waiting() = default;
  virtual void on_settled() = 0;
};

// What the grant asks of its keeper. Without one (tests, commands) the token is as it is.
class Refresher {
 public:
  virtual ~Refresher() = default;
  // Starts a refresh unless one is under way, which becomes urgent by it. False: it cannot (no
  // refresh token, resting after a failure).
  virtual bool refresh_now(std::string_view why) = 0;
  // When a refresh will begin by itself, if nobody asks; none: it will not, or is under way.
  virtual std::optional<Instant> next_try() const = 0;
  virtual void on_streams_over() = 0;  // streams() has become 0
};

// Owned by the registry; the loop thread. Waiting objects are told in the order they came, from a
// settle() call; one may unregister others, or start to wait again, inside its on_settled().
class Grant final {
 public:
  explicit Grant(GrantOptions options);
  Grant(const Grant&) = delete;
  Grant& operator=(const Grant&) = delete;

  const GrantOptions& options() const { return options_; }
  GrantState state() const { return state_; }
  const std::shared_ptr<const Token>& token() const { return token_; }  // null when missing
  // Why revoked, unavailable, or missing although something is stored; for people.
  const std::string& reason() const { return reason_; }
  const std::string& organization_id() const { return organization_id_; }  // "" until known
  // Is this its organization? By its slug, or by its id once that is known.
  bool is_of(std::string_view organization) const {
    return !organization.empty() &&
           (organization == options_.organization || organization == organization_id_);
  }
  // Whom Sentry's rate limiter counts its calls for: "user 7", "organization acme"… Grants of one
  // holder share their limits.
  const std::string& holder() const { return holder_; }

  // ---- for requests
  // `replayable`: it could be sent again should its token die under way. May start a refresh.
  Standing standing(Instant now, bool replayable);
  Duration retry_after(Instant now) const;  // with kUnavailable
  // With kUnavailable: whoever waits is told after that moment. None: it would wait in vain.
  std::optional<Instant> next_try() const;

  // Tells `waiting` once. Destroying the ticket forgets it.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Grant& grant, uint64_t id) : grant_(&grant), id_(id) {}
    Ticket(Ticket&& other) noexcept
        : grant_(std::exchange(other.grant_, nullptr)), id_(other.id_) {}
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket() { drop(); }
    explicit operator bool() const { return grant_ != nullptr; }
    void drop();

   private:
    Grant* grant_ = nullptr;
    uint64_t id_ = 0;
  };
  [[nodiscard]] Ticket wait(Waiting& waiting);

  Ruling refused(const Refused& request, Instant now);
  // A 2xx: the generation was alive when this request was sent.
  void worked(uint64_t generation, Instant sent_at);
  // As worked(), of a request for `route`. Needs to be told only while has_suspects().
  void route_worked(std::string_view route, uint64_t generation, Instant now);
  bool has_suspects() const { return !suspected_routes_.empty(); }
  // Was the present token refused, and has it not worked since?
  bool is_doubted() const;

  // Counts a request that cannot be sent again, from when it is sent until its answer's head: an
  // early refresh waits for it.
  class Stream {
   public:
    Stream() = default;
    explicit Stream(Grant& grant) : grant_(&grant) { ++grant.streams_; }
    Stream(Stream&& other) noexcept : grant_(std::exchange(other.grant_, nullptr)) {}
    Stream& operator=(Stream&& other) noexcept;
    ~Stream() { drop(); }
    void drop();

   private:
    Grant* grant_ = nullptr;
  };
  uint32_t streams() const { return streams_; }

  // ---- for the keeper
  void attach(Refresher& refresher) { refresher_ = &refresher; }
  void detach() { refresher_ = nullptr; }
  // A token from the store or the token endpoint; null: there is none any more. Settles.
  void adopt(std::shared_ptr<const Token> token);
  void set_identity(std::string organization_id, std::string user_id);  // "": not known
  // Of what is stored; kept while there is no token. "": none. `passes`: the store could not be
  // asked. Settles when it could be asked after all.
  void set_trouble(std::string why, bool passes = false);
  void begin_refresh();                                    // state kRefreshing
  void end_refresh(std::string reason, Instant retry_at);  // failed; the token stays. Settles
  void revoke(std::string reason);                         // until adopt(). Settles
  // While held, requests that cannot be sent again wait.
  void hold(bool held);
  // Tells who waits. To be called from outside only when next_try() is not what it was.
  void settle();

 private:
  std::string find_holder() const;
  Ruling refused_alive(const Refused& request, Instant now);
  bool is_to_blame(const Refused& request, Instant now) const;
  bool may_ask(const Refused& request, Instant now) const;
  void suspect(const Refused& request, Instant now);

  GrantOptions options_;
  Refresher* refresher_ = nullptr;
  GrantState state_ = GrantState::kMissing;
  std::shared_ptr<const Token> token_;
  std::string organization_id_;
  std::string user_id_;
  std::string holder_;
  std::string reason_;
  Instant retry_at_{};
  bool held_ = false;
  uint32_t streams_ = 0;
  std::map<uint64_t, Waiting*> waiters_;  // by ticket: in the order they came
  uint64_t next_waiter_ = 1;
  uint64_t alive_generation_ = 0;  // last to earn a 2xx, by a request sent at:
  Instant alive_at_{};
  uint64_t doubted_generation_ = 0;  // last to be called dead, by a request sent at:
  Instant doubted_at_{};
  RouteMarks resting_routes_;   // start no refresh: a new token did not help
  RouteMarks resting_streams_;  // as these, but only of what cannot be sent again
  RouteMarks proven_routes_;    // are not sent again while the token is alive: refused all the same
  // Asked for a refresh with a request that could not be sent again, so that nobody has seen yet
  // whether a new token helps.
  RouteMarks suspected_routes_;
  RefreshBudget unproven_;  // of refreshes for such requests
};

}  // namespace postern::grants
