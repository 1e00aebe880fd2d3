// Collector: makes one call whose request is there whole and whose answer is wanted whole, as small
// calls of our own are (token endpoints, looking up an organization).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "http/upstream.h"

namespace postern::http {

// What such calls look at. The body may hold tokens.
struct CollectedAnswer {
  int status = 0;           // 0: no head came
  std::string retry_after;  // the field's value, as it came
  Secret body;              // cut at the limit
  std::string date;         // likewise the field's; empty: there was none
};

struct Collected {
  bool is_whole = false;  // else `failure` says why not
  bool sent = false;      // the request may have been processed
  Failure failure;
  CollectedAnswer answer;  // as far as it came; the body only if it is whole
  Instant sent_at{};  // when the request went out, by both clocks; until then, when it was made
  WallTime sent_wall{};
};

// For one call. The loop thread. Destroying it cancels the call, and `done` is not called then.
class Collector final : private UpstreamEvents {
 public:
  using Done = std::function<void(Collected)>;

  // Of a body longer than `max_body` bytes so many are kept, all of it is read. `clock` must
  // outlive it.
  Collector(const Clock& clock, size_t max_body, Done done);
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  ~Collector() override;

  // `request` as for Upstream::open; its views and `body`, of the length that its framing tells,
  // must stay valid until `done` or the end of the collector. `done` is called once, never from
  // inside, and may not destroy the collector.
  void begin(Upstream& upstream, const OutgoingRequest& request, std::string_view body);

  // Ends the call now, as failed: `done` is called from inside. Nothing if it was called before.
  void give_up(std::string detail);

 private:
  void on_sent(Instant now) override;
  void on_writable() override { send(); }
  void on_head(const ResponseHead& head) override;
  void on_body(std::string_view bytes) override;
  void on_done() override;
  void on_fail(const Failure& failure) override;
  void send();
  void end();

  const Clock& clock_;
  const size_t max_body_;
  Done done_;
  std::string_view unsent_;
  bool finished_ = true;
  std::string body_;
  Collected collected_;
  Call call_;  // last: cancelled first
};

}  // namespace postern::http
