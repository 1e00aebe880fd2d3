// Exchange: one request and its answer, as a straight line of phases (proxy/README.md).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/block_chain.h"
#include "base/fixed_text.h"
#include "base/timer.h"
#include "grants/grant.h"
#include "http/service.h"
#include "http/upstream.h"
#include "policy/traffic.h"
#include "relay/access_log.h"
#include "relay/admission.h"
#include "relay/body_tap.h"
#include "relay/body_urls.h"
#include "relay/caching.h"
#include "relay/held_answer.h"
#include "relay/problem.h"
#include "relay/relay.h"
#include "relay/settings.h"

namespace postern::relay {

// Owned by the client's connection. Destroying it, at whatever phase, cancels what it holds, writes
// the access line and is the only way out. Loop thread.
class Exchange final : public http::RequestHandler,
                       private http::UpstreamEvents,
                       private grants::Waiting,
                       private Admission::Holder,
                       private Caching::Holder {
 public:
  Exchange(Relay& relay, const http::RequestHead& head, const http::Caller& caller,
           http::Responder& responder);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() override;

  void begin();                         // runs the phases until one has to wait
  void refuse(const Problem& problem);  // our own answer; REQUIRES: none has begun

 private:
  // The phases, in their order. False: answered, go no further.
  bool check_caller();
  bool match();
  bool choose_grant();
  bool authorize();
  bool read_wishes();
  bool recall();      // or answers, or follows: on_recalled() or on_to_be_sent() continues
  bool make_ready();  // or waits: go_on() continues
  bool admit();       // or waits: on_admitted() continues
  void forward();
  void pass_ingest();  // in place of the phases behind match(): what goes by a DSN

  // http::RequestHandler: what comes from the client
  size_t on_request_body(std::string_view bytes) override;
  void on_request_end() override;
  void on_drained() override;
  void on_request_error(const http::ParseError& error) override;
  void on_gone(std::string_view reason) override;

  // http::UpstreamEvents: what comes from Sentry
  void on_sent(Instant now) override;
  void on_head(const http::ResponseHead& head) override;
  void on_body(std::string_view bytes) override;
  void on_writable() override;
  void on_done() override;
  void on_fail(const http::Failure& failure) override;

  // May its caller make this call with this grant (exchange_policy.cc)?
  bool pin();
  std::optional<Problem> refuse_by_rules();
  std::optional<Problem> refuse_scopes();
  void explain_forbidden();
  void send_instead(std::string target);
  std::string_view sent_path() const;  // what is asked of Sentry: rules and scopes are about this
  std::string_view sent_target() const {
    return sent_target_.empty() ? head_.target : sent_target_;
  }

  // The token (exchange_token.cc): waiting for one, and what to do when Sentry refuses it.
  enum class Pause : uint8_t {
    kNone,
    kToken,    // there is no live token yet
    kRefused,  // Sentry has refused ours; a newer one has been asked for
    kLag,      // ours is to be tried again: not all of Sentry may know it yet
  };
  void on_settled() override;  // grants::Waiting
  void on_timer();
  void pause(Pause why, Duration at_most);
  void wait_for_token(Pause why);
  bool await_next_try(Pause why);
  void stop_waiting();
  void go_on();
  void forward_again();
  using RouteName = FixedText<256>;
  RouteName route_name() const;
  void token_worked();
  void judge_held();
  void judge_refusal();
  void pass_on();
  void refuse_standing(grants::Standing standing);
  bool can_be_replayed() const;
  bool has_room_for(uint64_t body) const;  // to be kept, in place of what is kept of it

  // Sentry's rate limits (exchange_limits.cc): waiting for one's turn, and what answers teach.
  void on_admitted() override;  // Admission::Holder
  void on_refused(const limits::Refusal& why) override;
  void on_unsent() override;
  limits::Request limits_request(std::string_view caller) const;
  bool learn(const http::ResponseHead& head, std::string_view body_start);
  bool learn_from_held();
  void learn_from(const http::Failure& failure);

  // What would lead past Postern (exchange_urls.cc): an answer that holds such addresses is read
  // whole before the caller sees it; and which of Sentry's hosts a request goes to.
  void choose_destination();
  bool leave_region(std::string_view why);
  bool leave_resting_region();
  void ask_for_plain_body();
  bool begin_whole(const http::ResponseHead& head);
  void add_to_whole(std::string_view bytes);
  bool send_whole();
  void drop_whole();

  // The response cache (exchange_cache.cc): an answer that is there already, or on its way.
  void on_recalled() override;  // Caching::Holder
  void on_to_be_sent() override;
  void replay();
  void send_rest();
  bool gather(std::string_view bytes);

  ReadableBodies readable_bodies() const;  // REQUIRES: tap_ != nullptr

  void retry();
  void accept_body();
  void keep(std::string_view bytes);
  void drop_kept();
  void become_stream();
  void become_unreplayable();
  bool resend();
  bool may_retry(const http::Failure& failure) const;
  void stop_clock();
  void send_answer_head(const http::ResponseHead& head);
  void send_body(std::string_view bytes);
  void send_held();
  void give_up(const Problem& problem);
  void answer_preflight();
  void rewrite_urls(http::Fields& fields, std::vector<std::string>& rewritten) const;
  void append_own_fields(http::Fields& fields);
  std::string client_origin() const;

  // Members go by the file that has most to do with them, those whose end cancels something last.

  Relay& relay_;
  const std::shared_ptr<const Settings> settings_;  // early: what it owns is in use until the end
  const http::RequestHead& head_;
  const http::Caller& caller_;
  http::Responder& responder_;
  RequestId id_{};
  std::string_view request_id_;
  Instant begun_;
  AccessRecord record_;
  std::string reason_;
  std::unique_ptr<BodyTap> tap_;  // null: no body is shown to anybody

  // exchange.cc: what is sent, and what is kept of it
  http::OutgoingRequest outgoing_;
  http::Fields fields_;  // of the request as sent
  grants::Grant* grant_ = nullptr;
  std::string_view organization_;  // as the path names it
  IngestSlots::Slot ingest_slot_;
  bool is_ingest_ = false;       // goes by a DSN: no grant, no token, no limits of the API's
  bool allowed_origin_ = false;  // a page that guard.origins names
  bool request_ended_ = false;   // the request body is complete
  bool keeping_ = true;          // what went upstream of the body is in kept_
  BlockChain kept_;
  size_t resent_ = 0;  // bytes of kept_ that the present attempt has taken

  // exchange_policy.cc: what it is that is asked for
  std::string sent_target_;  // in place of the caller's; empty: that
  policy::Match match_;      // the endpoint, of sent_path()
  std::string_view limits_route_;
  policy::Traffic traffic_ = policy::Traffic::kOrdinary;
  BodyUrls body_urls_ = BodyUrls::kNone;

  // exchange_token.cc: waiting for a live token, and trying a newer one
  std::shared_ptr<const grants::Token> token_;  // that the present attempt is signed with
  std::string_view replay_reason_;              // static; a fixed word
  int replays_ = 0;                             // with a newer token
  int lag_retries_ = 0;
  Pause pause_ = Pause::kNone;
  Instant paused_{};              // since then
  Duration token_wait_{};         // of the pauses that are over
  std::unique_ptr<Timer> timer_;  // made by the first pause

  // exchange_limits.cc: what the caller wants, and whether it had its turn
  Duration patience_{};           // how long it may wait, counted from begun_
  std::optional<Duration> wish_;  // how long it wants to, if it says so
  int urgency_ = 3;
  std::string_view client_;  // as the caller calls this part of itself
  bool was_admitted_ = false;
  FixedText<8> retry_after_;  // for a 429 that has none of its own; empty: none

  // exchange_urls.cc: which host, and an answer whose addresses are changed
  Route* route_ = nullptr;
  const Destination* to_ = nullptr;    // of the route's; chosen once, or anew when it is not there
  std::unique_ptr<HeldAnswer> whole_;  // to be sent on with its addresses changed
  uint64_t whole_bytes_ = 0;           // of it, counted until the client has taken them

  // exchange_answer.cc: the answer on its way
  Instant sent_{};                    // the present attempt
  bool awaiting_head_ = false;        // since sent_
  int retries_ = 0;                   // after connections that had died
  std::unique_ptr<HeldAnswer> held_;  // looked at before the caller sees it
  bool answer_begun_ = false;
  size_t owed_ = 0;        // bytes on their way to a slow client, to be credited
  char timing_[192];       // Server-Timing
  FixedText<8> attempts_;  // X-Postern-Attempts

  // Destroyed in this order, from the last one up.
  std::unique_ptr<Caching::Visit> visit_;  // null: nothing is cached (exchange_cache.cc)
  Admission::Pass pass_;
  grants::Grant::Ticket ticket_;
  grants::Grant::Stream stream_;
  http::Call call_;  // cancelled first
};

}  // namespace postern::relay
