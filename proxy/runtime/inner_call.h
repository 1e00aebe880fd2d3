// InnerCall: a request that Postern makes of itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/timer.h"
#include "http/service.h"

namespace postern::runtime {

// What came of it.
struct InnerAnswer {
  int status = 0;    // 0: none, or one that broke off
  std::string body;  // at most 64 KiB of it
  Duration took{};
};

// GET, in the way that a program's request goes, but for the socket: with its limits, its rules and
// the refreshes of its grant. Loop thread. Destroying it cancels, and `done` is not called then.
class InnerCall final : private http::Responder {
 public:
  struct Question {
    std::string target;  // "/api/0/organizations/acme/"
    std::string grant;
    std::string required_header;  // guard.require_header: "Name" or "Name: value"; may be empty
  };
  using Done = std::function<void(InnerAnswer)>;

  InnerCall(Question question, Timers& timers, const Clock& clock, Done done);
  InnerCall(const InnerCall&) = delete;
  InnerCall& operator=(const InnerCall&) = delete;
  ~InnerCall() override;

  // `done` is called once, never from inside, and must not destroy this. `service` must outlive it.
  void begin(http::Service& service);

 private:
  void accept_body(uint64_t /*limit*/) override {}
  void resume_body() override {}
  void close_after() override {}
  void send_head(const http::OutgoingResponse& response) override;
  void send_body(std::string_view bytes) override;
  void end() override;
  void cut() override;
  bool congested() const override { return false; }
  void finish();

  const Question question_;
  const Clock& clock_;
  Done done_;
  std::unique_ptr<Timer> finish_;  // the handler must not go while it answers
  http::RequestHead head_;
  http::Caller caller_;
  Instant begun_{};
  InnerAnswer answer_;
  std::unique_ptr<http::RequestHandler> handler_;  // last: it refers to the rest
};

}  // namespace postern::runtime
