#include "grants/upstream_source.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grants/documents.h"
#include "grants/oauth.h"

namespace postern::grants {
namespace {

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
class EndpointCall final : private http::UpstreamEvents {
 public:
  struct Result {
    bool answered = false;  // `answer` is whole, or tells by its status that it is a refusal
    bool sent = false;
    std::string detail;  // when not answered
    EndpointAnswer answer;
    Instant sent_at{};
    WallTime sent_wall{};
  };
  using Done = std::function<void(Result)>;

  // REQUIRES: `endpoint` outlives it.
  EndpointCall(const Endpoint& endpoint, EndpointRequest request, Done done)
      : clock_(endpoint.clock),
        request_(std::move(request)),
        done_(std::move(done)),
        timer_(endpoint.timers.make([this] { fail("no answer within the timeout"); })) {
    fields_ = {{"User-Agent", "postern"},
               {"Accept", "application/json", http::FieldName::kAccept},
               {"Accept-Encoding", "identity", http::FieldName::kAcceptEncoding},
               {"Content-Type", request_.content_type, http::FieldName::kContentType}};
    if (!request_.authorization.empty())
      fields_.push_back(
          {"Authorization", request_.authorization.reveal(), http::FieldName::kAuthorization});
    // Until it is known better, the lifetime counts from here: too early is safe.
    result_.sent_at = clock_.now();
    result_.sent_wall = clock_.wall();
    timer_->set(clock_.now() + endpoint.timeout);
    open(endpoint);
  }
  ~EndpointCall() override { wipe_memory(body_.data(), body_.size()); }

 private:
  void open(const Endpoint& endpoint) {
    http::OutgoingRequest outgoing;
    outgoing.method = http::Method::kPost;
    outgoing.method_text = "POST";
    outgoing.target = request_.target;
    outgoing.authority = endpoint.authority;
    outgoing.fields = &fields_;
    outgoing.framing = http::Framing::of_length(request_.body.reveal().size());
    outgoing.fresh = true;  // a connection gone stale could cost the grant
    call_ = http::Call(endpoint.upstream, endpoint.upstream.open(outgoing, *this));
    send();
  }
  void send() {
    std::string_view rest = request_.body.reveal().substr(written_);
    written_ += call_.write(rest);
    if (written_ < request_.body.reveal().size() || finished_) return;
    finished_ = true;
    call_.finish();
  }

  void on_sent(Instant now) override {
    result_.sent = true;
    result_.sent_at = now;
    result_.sent_wall = clock_.wall();
  }
  void on_writable() override { send(); }
  void on_head(const http::ResponseHead& head) override {
    result_.answer.status = head.status;
    const http::Field* retry = http::find(head.fields, http::FieldName::kRetryAfter);
    if (retry != nullptr) result_.answer.retry_after = retry->value;
    const http::Field* date = http::find(head.fields, http::FieldName::kDate);
    if (date != nullptr) result_.answer.date = date->value;
  }
  // What is too long is cut, and then no JSON that could be used.
  void on_body(std::string_view bytes) override {
    const size_t room = kMaxDocument + 1 - std::min(body_.size(), kMaxDocument + 1);
    body_ += bytes.substr(0, room);
    call_.credit(bytes.size());
  }
  void on_done() override {
    call_.forget();
    result_.answered = true;
    result_.answer.body = Secret(std::move(body_));
    end();
  }
  void on_fail(const http::Failure& failure) override {
    call_.forget();
    result_.sent = failure.sent != http::Sent::kNone;
    const std::string stage(failure.stage);
    fail(stage.empty() ? failure.detail : stage + ": " + failure.detail);
  }

  // The status of a refusal says enough, whatever became of its body.
  void fail(std::string detail) {
    result_.answered = result_.answer.status >= 300;
    result_.detail = std::move(detail);
    end();
  }
  void end() {
    call_.cancel();
    timer_->clear();
    Done done = std::move(done_);
    Result result = std::move(result_);
    done(std::move(result));
  }

  const Clock& clock_;
  EndpointRequest request_;
  Done done_;
  http::Fields fields_;
  std::string body_;
  size_t written_ = 0;
  bool finished_ = false;
  Result result_;
  std::unique_ptr<Timer> timer_;
  http::Call call_;  // last: cancelled first
};

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
    used_ = next_way(present).value_or(Way::kRefreshToken);
    call_ = std::make_unique<EndpointCall>(
        endpoint_, request_for(present),
        [this](EndpointCall::Result result) { finish(std::move(result)); });
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
    return all[turn_ % all.size()];
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

  static TokenOutcome outcome_of(const EndpointCall::Result& result) {
    if (result.answered) return read_token_answer(result.answer, result.sent_at, result.sent_wall);
    const auto kind = result.sent ? TokenRefusal::Kind::kLost : TokenRefusal::Kind::kTransient;
    return tl::unexpected(
        TokenRefusal{kind, "the token endpoint: " + printable(result.detail), {}});
  }

  // After a refusal of one way another one may work; after a success the same one will.
  void choose_next_way(const EndpointCall::Result& result, const TokenOutcome& outcome) {
    if (outcome) {
      if (used_ == Way::kCode) turn_ = 0;
      return;
    }
    const int status = result.answer.status;
    const bool is_refused = result.answered && status >= 400 && status <= 499 && status != 429;
    if (is_refused || outcome.error().kind == TokenRefusal::Kind::kLost) ++turn_;
  }

  void finish(EndpointCall::Result result) {
    // It is still on the stack above, so it stays until the next one has ended.
    spent_ = std::move(call_);
    auto done = std::exchange(done_, nullptr);
    TokenOutcome outcome = outcome_of(result);
    choose_next_way(result, outcome);
    if (!outcome && grant_.kind == Kind::kIntegration)
      outcome.error().detail += std::string(", asked with ") + name_of(used_);
    if (done) done(std::move(outcome));
  }

  static const char* name_of(Way way) {
    if (way == Way::kCode) return "the installation's code";
    return way == Way::kAssertion ? "a signed assertion" : "the refresh token";
  }

  const GrantOptions& grant_;
  Endpoint endpoint_;
  std::function<void(TokenOutcome)> done_;
  size_t turn_ = 0;  // of the ways
  Way used_ = Way::kRefreshToken;
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
