#include "site.h"

#include "api.h"
#include "consent.h"
#include "world.h"

namespace postern::sandbox {
namespace {

constexpr std::int64_t kNeverMs = 86400000;  // longer than anyone waits

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

Reply page_not_found() {
  return text_reply(404, "text/html; charset=utf-8",
                    message_page("Page not found", "There is nothing here."));
}

// OAuth belongs to the control silo and is not served on a region's host.
bool is_region_host(const World& world, const Request& request) {
  const auto label = world.hosts.label_of(request.headers.header("Host").value_or(""));
  return label && (*label == "us" || *label == "de");
}

Reply oauth_reply(World& world, const Request& request) {
  Oauth& oauth = world.oauth;
  if (is_region_host(world, request)) return page_not_found();
  if (request.path == "/oauth/authorize/") return oauth.authorize(request);
  if (request.path == "/oauth/device/code/") return oauth.device_code(request);
  if (request.path == "/oauth/device/") return oauth.device_page(request);
  if (request.path == "/oauth/userinfo/") return oauth.userinfo(request);
  if (request.path != "/oauth/token/") return page_not_found();
  Reply reply = oauth.token(request);
  const std::string kind = form_of(request).get_or("grant_type", "");
  if (reply.status == 200 && kind == "refresh_token") world.journal.refreshed();
  return reply;
}

Outcome answer_oauth(World& world, const Request& request) {
  Outcome outcome;
  const std::optional<Fault> fault = world.faults.take_answer(request);
  outcome.reply = answer_with(fault, [&] { return oauth_reply(world, request); });
  return outcome;
}

Outcome answer(const Controls& controls, const Request& request) {
  World& world = controls.world;
  if (begins_with(request.path, "/api/0/")) return answer_api(world, request);
  if (begins_with(request.path, "/oauth/")) return answer_oauth(world, request);
  Outcome outcome;
  outcome.reply = request.path == "/.well-known/oauth-authorization-server" ? world.oauth.metadata()
                                                                            : page_not_found();
  return outcome;
}

}  // namespace

Outcome answer_site(const Controls& controls, const Request& request) {
  World& world = controls.world;
  if (begins_with(request.path, "/_sandbox/")) {
    Outcome outcome;
    outcome.reply = answer_control(controls, request);
    return outcome;
  }
  Outcome outcome = answer(controls, request);
  outcome.delay_ms = world.faults.take_delay_ms(request);
  if (outcome.reply.delivery == Delivery::kHung) outcome.delay_ms = kNeverMs;
  outcome.reply.headers.add("Date", http_date(world.clock.date_ms()));
  world.journal.record(request, outcome.reply.status, world.clock.now_ms());
  outcome.finished = [&world, inner = std::move(outcome.finished)](Ending ending) {
    if (ending == Ending::kAborted) world.journal.aborted();
    if (inner) inner(ending);
  };
  return outcome;
}

}  // namespace postern::sandbox
