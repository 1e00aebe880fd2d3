#include "grants/upstream_source.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grants/documents.h"
#include "grants/oauth.h"
#include "http/collector.h"

namespace postern::grants {
namespace {

constexpr Duration kLastLook = std::chrono::milliseconds(100);

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c >= 0x7f; }, '?');
  return text;
}

// Where a token endpoint is and how long it may take.
struct Endpoint {
  http::Upstream& upstream;
  std::string authority;
  Timers& timers;
  const Clock& clock;
  Duration timeout;
};

// One request to a token endpoint and its whole answer, or why there is none.
class EndpointCall final {
 public:
  using Done = std::function<void(const http::Collected&)>;

  // REQUIRES: `endpoint` outlives it.
  EndpointCall(const Endpoint& endpoint, EndpointRequest request, Done done)
      : request_(std::move(request)),
        clock_(endpoint.clock),
        timer_(endpoint.timers.make([this] { on_time_up(); })),
        // What is too long is cut, and then no JSON that could be used.
        collector_(endpoint.clock, kMaxDocument + 1,
                   [this, done = std::move(done)](const http::Collected& collected) {
                     timer_->clear();
                     done(collected);
                   }) {
    fields_ = {{"User-Agent", "postern"},
               {"Accept", "application/json", http::FieldName::kAccept},
               {"Accept-Encoding", "identity", http::FieldName::kAcceptEncoding},
               {"Content-Type", request_.content_type, http::FieldName::kContentType}};
    if (!request_.authorization.empty())
      fields_.push_back(
          {"Authorization", request_.authorization.reveal(), http::FieldName::kAuthorization});
    const Instant end = clock_.now() + endpoint.timeout;
    timer_->set(end);
    http::OutgoingRequest outgoing;
    outgoing.method = http::Method::kPost;
    outgoing.method_text = "POST";
    outgoing.target = request_.target;
    outgoing.authority = endpoint.authority;
    outgoing.fields = &fields_;
    outgoing.framing = http::Framing::of_length(request_.body.reveal().size());
    outgoing.fresh = true;  // a connection gone stale could cost the grant
    // Later somebody else may have used the pair: a process may stand still while it connects.
    outgoing.not_after = end;
    collector_.begin(endpoint.upstream, outgoing, request_.body.reveal());
  }

 private:
  // A process that stood still is woken by its timers first. The answer may be there, and with it
  // the only copy of a new pair.
  void on_time_up() {
    if (std::exchange(is_last_look_, true))
      return collector_.give_up("no answer within the timeout");
    timer_->set(clock_.now() + kLastLook);
  }

  EndpointRequest request_;
  http::Fields fields_;
  const Clock& clock_;
  std::unique_ptr<Timer> timer_;
  bool is_last_look_ = false;
  http::Collector collector_;  // last: its call is cancelled first
};

// The status of a refusal says enough, whatever became of its body.
bool is_answered(const http::Collected& collected) {
  return collected.is_whole || collected.answer.status >= 300;
}

std::string why_not(const http::Failure& failure) {
  return failure.stage.empty() ? failure.detail
                               : std::string(failure.stage) + ": " + failure.detail;
}

bool is_client_error(int status) {
  return status >= 400 && status <= 499 && status != 429;
}

// Not merely too late, or at the same moment as somebody else.
bool is_decided(int status) {
  return is_client_error(status) && status != 408 && status != 409;
}

class UpstreamSource final : public TokenSource {
 public:
  UpstreamSource(const GrantOptions& grant, Endpoint endpoint)
      : grant_(grant), endpoint_(std::move(endpoint)) {}

  bool can_refresh(const StoredGrant& present) const override { return !ways(present).empty(); }
  bool is_single_use(const StoredGrant& present) const override {
    const auto way = next_way(present);
    return way && *way != Way::kAssertion;
  }

  void refresh(const StoredGrant& present, std::function<void(TokenOutcome)> done) override {
    done_ = std::move(done);
    replaces_ = !present.access_token.empty();
    used_ = next_way(present).value_or(Way::kRefreshToken);
    last_refusal_ = enough_refusals(ways(present).size()) + (has_spare_code(present) ? 1 : 0);
    call_ = std::make_unique<EndpointCall>(
        endpoint_, request_for(present),
        [this](const http::Collected& collected) { finish(collected); });
  }
  void cancel() override {
    call_.reset();
    done_ = nullptr;
  }

 private:
  // What a new token is asked for with.
  enum class Way : uint8_t {
    kRefreshToken,
    kAssertion,  // of the client, signed with its secret
    kCode,       // of an installation
  };

  // In order of preference. An assertion uses nothing up, but not every Sentry allows it; it
  // replaces the token that an installation has, and the code makes the first. Sentry may have one
  // that is not stored here.
  std::vector<Way> ways(const StoredGrant& present) const {
    const bool has_refresh_token = !present.refresh_token.empty();
    if (grant_.kind == Kind::kOauth)
      return has_refresh_token ? std::vector<Way>{Way::kRefreshToken} : std::vector<Way>();
    std::vector<Way> all;
    if (present.access_token.empty() && !grant_.code.empty()) all.push_back(Way::kCode);
    if (!grant_.client.secret.empty()) all.push_back(Way::kAssertion);
    if (has_refresh_token) all.push_back(Way::kRefreshToken);
    return all;
  }
  std::optional<Way> next_way(const StoredGrant& present) const {
    const std::vector<Way> all = ways(present);
    if (all.empty()) return {};
    if (has_spare_code(present) && refusals_ == enough_refusals(all.size())) return Way::kCode;
    return all[turn_ % all.size()];
  }
  // One refusal may be a mood of the endpoint's (401s have been seen to pass); being refused in
  // every way, one after the other, is not.
  static size_t enough_refusals(size_t way_count) { return std::max<size_t>(2, way_count); }
  // The stored tokens may be of an installation that was removed, and the code of the one after it.
  bool has_spare_code(const StoredGrant& present) const {
    return grant_.kind == Kind::kIntegration && !grant_.code.empty() &&
           !present.access_token.empty();
  }

  EndpointRequest request_for(const StoredGrant& present) const {
    if (grant_.kind == Kind::kOauth) return refresh_request(grant_, present.refresh_token);
    switch (used_) {
      case Way::kCode:
        return installation_code_request(grant_, grant_.code);
      case Way::kAssertion:
        return installation_jwt_request(grant_, endpoint_.clock.wall());
      case Way::kRefreshToken:
        break;
    }
    return installation_refresh_request(grant_, present.refresh_token);
  }

  TokenOutcome outcome_of(const http::Collected& collected) const {
    const auto read = replaces_ ? read_refresh_answer : read_token_answer;
    if (is_answered(collected))
      return read(collected.answer, collected.sent_at, collected.sent_wall);
    const auto kind = collected.sent ? TokenRefusal::Kind::kLost : TokenRefusal::Kind::kTransient;
    return tl::unexpected(
        TokenRefusal{kind, "the token endpoint: " + printable(why_not(collected.failure)), {}});
  }

  // After a refusal of one way another one may work; after a success the same one will.
  void choose_next_way(const http::Collected& collected, const TokenOutcome& outcome) {
    if (outcome) {
      if (used_ == Way::kCode) turn_ = 0;
      refusals_ = 0;
      return;
    }
    const bool is_refused = is_client_error(collected.answer.status);
    if (is_decided(collected.answer.status)) ++refusals_;
    if (is_refused || outcome.error().kind == TokenRefusal::Kind::kLost) ++turn_;
  }

  void finish(const http::Collected& collected) {
    // It is still on the stack above, so it stays until the next one has ended.
    spent_ = std::move(call_);
    auto done = std::exchange(done_, nullptr);
    TokenOutcome outcome = outcome_of(collected);
    choose_next_way(collected, outcome);
    if (!outcome && grant_.kind == Kind::kIntegration) {
      outcome.error().detail += std::string(", asked with ") + name_of(used_);
      const bool is_final = is_decided(collected.answer.status) && refusals_ >= last_refusal_;
      if (is_final) outcome.error().kind = TokenRefusal::Kind::kInvalidGrant;
      if (!replaces_ && grant_.code.empty())
        outcome.error().detail += "; the first token may need its code: set code of the grant";
    }
    if (done) done(std::move(outcome));
  }

  static const char* name_of(Way way) {
    if (way == Way::kCode) return "the installation's code";
    return way == Way::kAssertion ? "a signed assertion" : "the refresh token";
  }

  const GrantOptions& grant_;
  Endpoint endpoint_;
  std::function<void(TokenOutcome)> done_;
  size_t turn_ = 0;          // of the ways
  size_t refusals_ = 0;      // in a row, as far as the endpoint decided at all
  size_t last_refusal_ = 0;  // so many mean that there is nothing more to be had
  Way used_ = Way::kRefreshToken;
  bool replaces_ = true;  // there is a pair before the one asked for
  std::unique_ptr<EndpointCall> call_;
  std::unique_ptr<EndpointCall> spent_;
};

}  // namespace

std::unique_ptr<TokenSource> make_token_source(const GrantOptions& grant, http::Upstream& upstream,
                                               std::string authority, Timers& timers,
                                               const Clock& clock, Duration timeout) {
  if (grant.kind == Kind::kStatic) return nullptr;
  return std::make_unique<UpstreamSource>(
      grant, Endpoint{upstream, std::move(authority), timers, clock, timeout});
}

}  // namespace postern::grants
