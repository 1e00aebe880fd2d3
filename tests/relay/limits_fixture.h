// Several requests through one Relay whose governor is on; Sentry's limiter is played by the test.
#pragma once

#include <list>
#include <set>
#include <string>
#include <utility>

#include "relay/builders.h"
#include "relay/token_fixture.h"

namespace postern::relay {

class LimitsTest : public TokenTest {
 protected:
  static constexpr std::string_view kWindowWords =
      R"({"detail":"You are attempting to use this endpoint too frequently. )"
      R"(Limit is 40 requests in 1 seconds"})";
  static constexpr std::string_view kConcurrencyWords =
      R"({"detail":"You are attempting to go above the allowed concurrency for this endpoint. )"
      R"(Concurrency limit is 25"})";
  static constexpr std::string_view kSearchWords =
      R"({"detail":"Rate limit exceeded. Please try your query with a smaller date range or )"
      R"(fewer projects."})";
  static constexpr std::string_view kGatewayWords =
      R"({"error":"apigateway","detail":"Downstream service unavailable"})";

  // One program's request.
  struct User {
    http::RequestHead head;
    http::Caller caller;
    test::FakeResponder client;
    std::unique_ptr<http::RequestHandler> exchange;

    bool said(std::string_view text) const { return client.body.find(text) != std::string::npos; }
  };

  LimitsTest() { options_.limited = true; }

  User& ask(Pairs fields = {}, std::string_view address = "127.0.0.1:5000") {
    if (relay_ == nullptr) make_relay();
    User& user = users_.emplace_back();
    user.head = head_;
    for (const http::Field& field : fields_of(fields)) user.head.fields.push_back(field);
    user.caller = caller_;
    user.caller.address = address;
    user.exchange = relay_->handle(user.head, user.caller, user.client);
    return user;
  }

  void leave(User& user) {
    user.exchange->on_gone("client_closed");
    user.exchange.reset();
  }

  void sent(size_t call) {
    if (sent_.insert(call).second) upstream_.calls.at(call).events->on_sent(clock_.now());
  }

  // Every call is sent as soon as it is made.
  void pass_time(Duration time) {
    for (const Instant end = clock_.now() + time; clock_.now() < end;) {
      for (size_t call = 0; call < sends(); ++call) sent(call);
      timers_.advance(10ms);
    }
  }

  void reply_head(size_t call, int status, const http::Fields& fields, http::Framing framing) {
    http::ResponseHead head;
    head.status = status;
    head.reason = "Whatever";
    head.fields = fields;
    head.framing = framing;
    sent(call);
    upstream_.calls.at(call).events->on_head(head);
  }

  // A whole answer; then those who wait for it are told.
  void reply(size_t call, int status, std::string_view body = "", const http::Fields& fields = {}) {
    http::UpstreamEvents& events = *upstream_.calls.at(call).events;
    reply_head(call, status, fields, http::Framing::of_length(body.size()));
    if (!body.empty()) events.on_body(body);
    if (!upstream_.calls.at(call).cancelled) events.on_done();
    timers_.advance(1us);
  }

  void fail(size_t call, const http::Failure& failure) {
    upstream_.calls.at(call).events->on_fail(failure);
    timers_.advance(1us);
  }

  static http::Fields window_fields(std::string_view remaining, std::string_view reset) {
    return fields_of({{"X-Sentry-Rate-Limit-Limit", "40"},
                      {"X-Sentry-Rate-Limit-Remaining", remaining},
                      {"X-Sentry-Rate-Limit-Reset", reset}});
  }

  // From here on one call is under way at a time.
  void one_at_a_time() { options_.limits.max_in_flight = 1; }

  std::string log_of(User& user) {
    log_.clear();
    user.exchange.reset();
    logger_.flush();
    return log_;
  }

  std::set<size_t> sent_;
  std::list<User> users_;  // after relay_: its exchanges must go first
};

}  // namespace postern::relay
