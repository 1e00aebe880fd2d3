#include "runtime/calls.h"

#include <chrono>
#include <utility>

#include "base/log.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "http/collector.h"
#include "runtime/upstreams.h"

namespace postern::runtime {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
// One more than what is read, so that a reader can tell that something is missing.
constexpr size_t kMaxBody = 1024 * 1024 + 1;
constexpr std::string_view kJson = "application/json";

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

CallResult result_of(http::Collected collected) {
  CallResult result;
  result.ok = collected.is_whole;
  result.stage = result.ok ? "done" : std::string(collected.failure.stage);
  result.detail = std::move(collected.failure.detail);
  result.answer = std::move(collected.answer);
  result.sent_at = collected.sent_at;
  result.sent_wall = collected.sent_wall;
  return result;
}

CallResult send(const config::Options& options, const config::GrantSetup& setup,
                const Message& message) {
  SystemClock clock;
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
  CallResult result;
  http::Collector collector(clock, kMaxBody, [&](http::Collected collected) {
    result = result_of(std::move(collected));
    loop.stop();
  });
  event::Deadline patience(loop, [&] { collector.give_up("no complete answer within 30 s"); });
  patience.set_after(kPatience);
  collector.begin(**upstream, request, message.body);
  loop.run();
  return result;
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
