#include "grants/upstream_source.h"

#include <algorithm>
#include <utility>

#include "grants/documents.h"
#include "grants/oauth.h"

namespace postern::grants {
namespace {

// One request to a token endpoint and its whole answer, or why there is none.
class EndpointCall final : private http::UpstreamEvents {
 public:
  struct Result {
    bool answered = false;
    bool sent = false;
    std::string detail;  // when not answered
    EndpointAnswer answer;
    Instant sent_at{};
    WallTime sent_wall{};
  };
  using Done = std::function<void(Result)>;

  EndpointCall(http::Upstream& upstream, const std::string& authority, EndpointRequest request,
               Timers& timers, const Clock& clock, Duration timeout, Done done)
      : clock_(clock),
        request_(std::move(request)),
        done_(std::move(done)),
        timer_(timers.make([this] { fail("no answer within the timeout"); })) {
    fields_ = {{"Accept", "application/json", http::FieldName::kAccept},
               {"Accept-Encoding", "identity", http::FieldName::kAcceptEncoding},
               {"Content-Type", request_.content_type, http::FieldName::kContentType}};
    if (!request_.authorization.empty())
      fields_.push_back(
          {"Authorization", request_.authorization.reveal(), http::FieldName::kAuthorization});
    // Until it is known better, the lifetime counts from here: too early is safe.
    result_.sent_at = clock_.now();
    result_.sent_wall = clock_.wall();
    timer_->set(clock_.now() + timeout);
    http::OutgoingRequest outgoing{http::Method::kPost,
                                   "POST",
                                   request_.target,
                                   authority,
                                   &fields_,
                                   http::Framing::of_length(request_.body.reveal().size()),
                                   false};
    call_ = http::Call(upstream, upstream.open(outgoing, *this));
    send();
  }

 private:
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
  }
  // What is too long is cut, and then no JSON that could be used.
  void on_body(std::string_view bytes) override {
    const size_t room = kMaxDocument + 1 - std::min(body_.size(), kMaxDocument + 1);
    body_ += bytes.substr(0, room);
    call_.credit(bytes.size());
  }
  void on_done() override {
    result_.answered = true;
    result_.answer.body = Secret(std::move(body_));
    end();
  }
  void on_fail(const http::Failure& failure) override {
    call_.forget();
    result_.sent = failure.sent != http::Sent::kNone;
    fail(std::string(failure.stage) + ": " + failure.detail);
  }

  void fail(std::string detail) {
    result_.detail = std::move(detail);
    end();
  }
  void end() {
    result_.answered ? call_.forget() : call_.cancel();
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
  UpstreamSource(const GrantOptions& grant, http::Upstream& upstream, std::string authority,
                 Timers& timers, const Clock& clock, Duration timeout)
      : grant_(grant),
        upstream_(upstream),
        authority_(std::move(authority)),
        timers_(timers),
        clock_(clock),
        timeout_(timeout) {}

  // An installation's assertion replaces the token there is, and so needs one; the code makes the
  // first.
  bool can_refresh(const StoredGrant& present) const override {
    if (grant_.kind == Kind::kOauth) return !present.refresh_token.empty();
    return !present.access_token.empty() || !grant_.code.empty();
  }
  bool is_single_use(const StoredGrant& present) const override {
    return grant_.kind == Kind::kOauth ? !present.refresh_token.empty()
                                       : present.access_token.empty();
  }

  void refresh(const StoredGrant& present, std::function<void(TokenOutcome)> done) override {
    done_ = std::move(done);
    call_ = std::make_unique<EndpointCall>(
        upstream_, authority_, request_for(present), timers_, clock_, timeout_,
        [this](EndpointCall::Result result) { finish(std::move(result)); });
  }
  void cancel() override {
    call_.reset();
    done_ = nullptr;
  }

 private:
  EndpointRequest request_for(const StoredGrant& present) const {
    if (grant_.kind == Kind::kOauth) return refresh_request(grant_, present.refresh_token);
    if (present.access_token.empty()) return installation_code_request(grant_, grant_.code);
    return installation_jwt_request(grant_, clock_.wall());
  }

  void finish(EndpointCall::Result result) {
    // It is still on the stack above, so it stays until the next one has ended.
    spent_ = std::move(call_);
    auto done = std::exchange(done_, nullptr);
    if (!done) return;
    if (result.answered)
      return done(read_token_answer(result.answer, result.sent_at, result.sent_wall));
    const auto kind = result.sent ? TokenRefusal::Kind::kLost : TokenRefusal::Kind::kTransient;
    done(tl::unexpected(TokenRefusal{kind, "the token endpoint: " + result.detail, {}}));
  }

  const GrantOptions& grant_;
  http::Upstream& upstream_;
  std::string authority_;
  Timers& timers_;
  const Clock& clock_;
  Duration timeout_;
  std::function<void(TokenOutcome)> done_;
  std::unique_ptr<EndpointCall> call_;
  std::unique_ptr<EndpointCall> spent_;
};

}  // namespace

std::unique_ptr<TokenSource> make_token_source(const GrantOptions& grant, http::Upstream& upstream,
                                               std::string authority, Timers& timers,
                                               const Clock& clock, Duration timeout) {
  if (grant.kind == Kind::kStatic) return nullptr;
  return std::make_unique<UpstreamSource>(grant, upstream, std::move(authority), timers, clock,
                                          timeout);
}

}  // namespace postern::grants
