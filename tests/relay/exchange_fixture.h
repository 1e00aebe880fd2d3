// One request through a Relay: a fake client before it, a fake Sentry behind it, a clock that
// stands still, and two grants whose tokens the test hands out.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relay/exchange.h"
#include "relay/relay.h"
#include "support/fake_clock.h"
#include "support/fake_responder.h"
#include "support/fake_timers.h"
#include "support/fake_upstream.h"

namespace postern::relay {

using namespace std::chrono_literals;
using test::FakeUpstream;

class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest()
      : logger_({log::Level::kInfo, log::Format::kText, true, 64},
                [this](std::string_view bytes) { log_ += bytes; }),
        registry_(grants()) {
    options_.max_body = 1000;
    options_.replay_max_body = 100;
    options_.limited = false;  // LimitsTest is about that
    caller_.listener = "127.0.0.1:7979";
    caller_.address = "127.0.0.1:5000";
    head_.method = http::Method::kGet;
    head_.method_text = "GET";
    head_.authority = "localhost:7979";
    set_target("/api/0/organizations/acme/");
    add_field("Host", "localhost:7979");
    adopt("acme", "secret-of-acme", 1h);
  }

  static std::vector<grants::GrantOptions> grants() {
    std::vector<grants::GrantOptions> all(2);
    all[0].name = all[0].organization = "acme";
    all[1].name = all[1].organization = "globex";
    return all;
  }

  void adopt(std::string_view name, const std::string& token, Duration life,
             uint64_t generation = 1) {
    auto made = std::make_shared<grants::Token>();
    made->generation = generation;
    made->obtained_at = made->known_at = clock_.now();
    made->lifetime = life;
    made->access = Secret(token);
    made->authorization = Secret("Bearer " + token);
    made->dies_at = clock_.now() + life;
    registry_.find(name)->adopt(made);
  }

  void set_target(std::string_view target) { head_.target = head_.path = target; }
  void add_field(std::string_view name, std::string_view value) {
    head_.fields.push_back({name, value, http::field_name(name)});
  }
  void send_body(size_t length) {
    head_.method = http::Method::kPut;
    head_.method_text = "PUT";
    head_.framing = http::Framing::of_length(length);
  }

  void make_relay() {
    relay_ = std::make_unique<Relay>(options_, registry_, clock_, timers_, logger_, 1);
    for (const auto& grant : registry_.all())
      relay_->add_route(*grant, upstream_, "https://sentry.example", {"us"});
  }

  void begin() {
    exchange_.reset();  // it refers to the relay it was made by
    make_relay();
    exchange_ = relay_->handle(head_, caller_, client_);
  }

  void answer(int status, std::string_view body) {
    http::ResponseHead head;
    head.status = status;
    head.reason = "Whatever";
    head.fields = answer_fields_;
    head.framing = head.declared = http::Framing::of_length(body.size());
    upstream_.last().on_sent(clock_.now());
    clock_.advance(sentry_takes_);
    upstream_.last().on_head(head);
    if (!body.empty() && !upstream_.calls.back().cancelled) upstream_.last().on_body(body);
  }

  std::string finished_log() {
    exchange_.reset();
    logger_.flush();
    return log_;
  }

  std::string log_;
  test::FakeClock clock_;
  test::FakeTimers timers_{clock_};
  log::Logger logger_;
  Options options_;
  grants::Registry registry_;
  FakeUpstream upstream_;
  test::FakeResponder client_;
  http::RequestHead head_;
  http::Caller caller_;
  http::Fields answer_fields_;
  Duration sentry_takes_{};  // from a request to the head of its answer
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<http::RequestHandler> exchange_;
};

}  // namespace postern::relay
