#include <optional>
#include <utility>

#include "base/log.h"
#include "event/deadline.h"
#include "relay/forward_headers.h"
#include "runtime/application.h"
#include "runtime/upstreams.h"

namespace postern::runtime {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
constexpr size_t kMaxBody = 64 * 1024;

// One call, whose end stops the loop.
class ProbeCall final : public http::UpstreamEvents {
 public:
  explicit ProbeCall(event::Loop& loop) : loop_(loop) {}
  ProbeResult take_result() { return std::move(result_); }

  void on_sent(Instant) override { result_.stage = "response"; }
  void on_writable() override {}
  void on_head(const http::ResponseHead& head) override { result_.status = head.status; }
  void on_body(std::string_view bytes) override {
    result_.body += bytes.substr(0, kMaxBody - std::min(kMaxBody, result_.body.size()));
  }
  void on_done() override {
    result_.ok = true;
    result_.stage = "done";
    loop_.stop();
  }
  void on_fail(const http::Failure& failure) override {
    result_.stage = failure.stage;
    result_.detail = failure.detail;
    loop_.stop();
  }
  void on_patience_lost() {
    result_.detail = "no complete answer within 30 s";
    loop_.stop();
  }

 private:
  event::Loop& loop_;
  ProbeResult result_;
};

const config::GrantSetup* find_setup(const config::Options& options, const grants::Grant& grant) {
  for (const config::GrantSetup& setup : options.grants)
    if (setup.grant.name == grant.options().name) return &setup;
  return nullptr;
}

http::RequestHead head_for(std::string_view path) {
  http::RequestHead head;
  head.method_text = "GET";
  head.target = head.path = path;
  head.fields.push_back({"User-Agent", "postern-doctor"});
  return head;
}

}  // namespace

ProbeResult probe(const config::Options& options, const grants::Grant& grant,
                  std::string_view path) {
  const config::GrantSetup* setup = find_setup(options, grant);
  if (setup == nullptr || !grant.token()) return {false, "request", "no token", 0, {}};
  event::Loop loop;
  log::Logger silent({log::Level::kError, log::Format::kText, false, 64}, [](std::string_view) {});
  wire::UpstreamOptions upstream_options = config::upstream_for(options, *setup);
  upstream_options.high_water = kMaxBody * 1024;  // nothing is credited here
  Upstreams upstreams(loop, silent);
  auto upstream = upstreams.get(upstream_options);
  if (!upstream) return {false, "tls", upstream.error().what, 0, {}};

  ProbeCall call(loop);
  event::Deadline patience(loop, [&call] { call.on_patience_lost(); });
  patience.set_after(kPatience);
  http::RequestHead head = head_for(path);
  http::Fields fields;
  relay::make_request_fields(head, grant.token()->authorization.reveal(), fields);
  std::string_view authority = std::string_view(setup->sentry.url).substr(8);
  http::OutgoingRequest request{head.method, head.method_text,      head.target, authority,
                                &fields,     http::Framing::none(), false};
  http::Call handle(**upstream, (*upstream)->open(request, call));
  loop.run();
  return call.take_result();
}

}  // namespace postern::runtime
