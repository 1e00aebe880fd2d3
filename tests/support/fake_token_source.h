// A token endpoint that behaves like Sentry's: both tokens rotate, and the old pair dies at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "grants/token_source.h"
#include "support/fake_clock.h"

namespace postern::test {

// What Sentry knows about one grant; shared by all who refresh it.
struct FakeIssuer {
  std::string access = "access-1";
  std::string refresh = "refresh-1";
  int issued = 1;
  int calls = 0;

  void rotate(bool both) {
    ++issued;
    access = "access-" + std::to_string(issued);
    if (both) refresh = "refresh-" + std::to_string(issued);
  }
};

// Calls wait until the test answers them.
class FakeTokenSource final : public grants::TokenSource {
 public:
  FakeTokenSource(FakeIssuer& issuer, const FakeClock& clock) : issuer_(issuer), clock_(clock) {}

  bool can_refresh(const grants::StoredGrant& present) const override {
    return always || !present.refresh_token.empty();
  }
  bool is_single_use(const grants::StoredGrant&) const override { return single_use; }
  void refresh(const grants::StoredGrant& present,
               std::function<void(grants::TokenOutcome)> done) override {
    ++issuer_.calls;
    if (on_call) on_call();
    sent_refresh = std::string(present.refresh_token.reveal());
    sent_at = clock_.now();
    done_ = std::move(done);
  }
  void cancel() override {
    done_ = nullptr;
    ++cancelled;
  }

  bool called() const { return done_ != nullptr; }

  // Sentry does what it does with the request, and its answer arrives.
  void answer() {
    if (!always && sent_refresh != issuer_.refresh) {
      return refuse(grants::TokenRefusal::Kind::kInvalidGrant, "invalid_grant");
    }
    issuer_.rotate(rotates);
    give(make_answer());
  }
  // Sentry rotates, and the answer never arrives.
  void lose() {
    if (sent_refresh == issuer_.refresh) issuer_.rotate(rotates);
    refuse(grants::TokenRefusal::Kind::kLost, "the connection broke off");
  }
  void refuse(grants::TokenRefusal::Kind kind, std::string detail,
              std::optional<Duration> retry_after = {}) {
    grants::TokenRefusal refusal{kind, std::move(detail), retry_after};
    give(tl::unexpected(std::move(refusal)));
  }
  void give(grants::TokenOutcome outcome) {
    auto done = std::exchange(done_, nullptr);
    done(std::move(outcome));
  }
  grants::TokenAnswer make_answer() const {
    grants::TokenAnswer answer;
    answer.access_token = Secret(issuer_.access);
    if (rotates) answer.refresh_token = Secret(issuer_.refresh);
    answer.lifetime = lifetime;
    answer.sent_at = sent_at;
    return answer;
  }

  bool always = false;  // needs no refresh token
  bool single_use = true;
  bool rotates = true;  // false: the answer carries no refresh token, the old one stays good
  std::optional<Duration> lifetime = std::chrono::hours(1);
  std::string sent_refresh;
  Instant sent_at{};
  int cancelled = 0;
  std::function<void()> on_call;

 private:
  FakeIssuer& issuer_;
  const FakeClock& clock_;
  std::function<void(grants::TokenOutcome)> done_;
};

}  // namespace postern::test
