#include "runtime/calls.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "runtime/upstreams.h"

namespace postern::runtime {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
// One more than what is read, so that a reader can tell that something is missing.
constexpr size_t kMaxBody = 1024 * 1024 + 1;
constexpr std::string_view kJson = "application/json";

// One call, whose end stops the loop.
class SingleCall final : public http::UpstreamEvents {
 public:
  SingleCall(event::Loop& loop, std::string_view body) : loop_(loop), unsent_(body) {}
  ~SingleCall() override { wipe_memory(body_.data(), body_.size()); }

  void begin(http::Upstream& upstream, const http::OutgoingRequest& request) {
    result_.stage = "request";
    result_.sent_at = loop_.now();
    result_.sent_wall = std::chrono::system_clock::now();
    handle_ = http::Call(upstream, upstream.open(request, *this));
    if (request.framing.has_body()) send_rest();
  }
  CallResult take_result() {
    result_.answer.body = Secret(std::move(body_));
    return std::move(result_);
  }
  void lose_patience() { end(result_.stage, "no complete answer within 30 s"); }

 private:
  void on_sent(Instant now) override {
    result_.stage = "response";
    result_.sent_at = now;
    result_.sent_wall = std::chrono::system_clock::now();
  }
  void on_writable() override { send_rest(); }
  void on_head(const http::ResponseHead& head) override {
    result_.answer.status = head.status;
    const auto* field = http::find(head.fields, http::FieldName::kRetryAfter);
    if (field != nullptr) result_.answer.retry_after = field->value;
    const auto* date = http::find(head.fields, http::FieldName::kDate);
    if (date != nullptr) result_.answer.date = date->value;
  }
  void on_body(std::string_view bytes) override {
    body_ += bytes.substr(0, kMaxBody - std::min(kMaxBody, body_.size()));
    handle_.credit(bytes.size());
  }
  void on_done() override {
    result_.ok = true;
    end("done", {});
  }
  void on_fail(const http::Failure& failure) override {
    end(std::string(failure.stage), failure.detail);
  }

  void send_rest() {
    if (finished_) return;
    unsent_.remove_prefix(handle_.write(unsent_));
    if (!unsent_.empty()) return;
    finished_ = true;
    handle_.finish();
  }
  void end(std::string stage, std::string detail) {
    result_.stage = std::move(stage);
    result_.detail = std::move(detail);
    loop_.stop();
  }

  event::Loop& loop_;
  std::string_view unsent_;
  bool finished_ = false;
  http::Call handle_;
  std::string body_;
  CallResult result_;
};

struct Message {
  http::Method method = http::Method::kGet;
  std::string_view method_text;
  std::string_view target;
  std::string_view content_type;
  std::string_view authorization;
  std::string_view body;
};

CallResult broken(std::string stage, std::string detail) {
  CallResult result;
  result.stage = std::move(stage);
  result.detail = std::move(detail);
  return result;
}

http::Fields fields_of(const Message& message) {
  http::Fields fields{{"User-Agent", "postern"}, {"Accept", kJson}};
  if (!message.content_type.empty()) fields.push_back({"Content-Type", message.content_type});
  if (!message.authorization.empty()) fields.push_back({"Authorization", message.authorization});
  return fields;
}

CallResult send(const config::Options& options, const config::GrantSetup& setup,
                const Message& message) {
  event::Loop loop;
  log::Logger silent({log::Level::kError, log::Format::kText, false, 64}, [](std::string_view) {});
  Upstreams upstreams(loop, silent);
  auto upstream = upstreams.get(config::upstream_for(options, setup));
  if (!upstream) return broken("tls", upstream.error().what);

  http::Fields fields = fields_of(message);
  http::OutgoingRequest request;
  request.method = message.method;
  request.method_text = message.method_text;
  request.target = message.target;
  request.authority = std::string_view(setup.sentry.url).substr(8);  // behind https://
  request.fields = &fields;
  request.framing =
      message.body.empty() ? http::Framing::none() : http::Framing::of_length(message.body.size());
  SingleCall call(loop, message.body);
  event::Deadline patience(loop, [&call] { call.lose_patience(); });
  patience.set_after(kPatience);
  call.begin(**upstream, request);
  loop.run();
  return call.take_result();
}

}  // namespace

CallResult call(const config::Options& options, const config::GrantSetup& setup,
                const grants::EndpointRequest& request) {
  Message message;
  message.method = http::Method::kPost;
  message.method_text = "POST";
  message.target = request.target;
  message.content_type = request.content_type;
  message.authorization = request.authorization.reveal();
  message.body = request.body.reveal();
  return send(options, setup, message);
}

CallResult get(const config::Options& options, const config::GrantSetup& setup,
               const Secret& access_token, std::string_view path) {
  Secret authorization("Bearer " + std::string(access_token.reveal()));
  Message message;
  message.method_text = "GET";
  message.target = path;
  message.authorization = authorization.reveal();
  return send(options, setup, message);
}

}  // namespace postern::runtime
