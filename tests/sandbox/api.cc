#include "api.h"

#include <memory>
#include <string>

#include "access.h"
#include "installations.h"
#include "issues.h"
#include "monitors.h"
#include "organizations.h"
#include "page.h"
#include "releases.h"
#include "uploads.h"
#include "world.h"

namespace postern::sandbox {
namespace {

constexpr const char* kAllowedHeaders =
    "X-Sentry-Auth, X-Requested-With, Origin, Accept, Content-Type, Authentication, "
    "Authorization, Content-Encoding, sentry-trace, baggage, X-CSRFToken";
constexpr const char* kExposedHeaders =
    "X-Sentry-Error, X-Sentry-Direct-Hit, X-Hits, X-Max-Hits, Endpoint, Retry-After, Link";

// A path without a route. The hint is what clients that forget the slash see.
Reply no_route(const Request& request) {
  if (!request.path.empty() && request.path.back() == '/') {
    return text_reply(404, "text/html; charset=utf-8", "");
  }
  const std::string help = "Route not found, did you forget a trailing slash?";
  const std::string hint = "try: " + request.path + "/";
  const std::string type = request.headers.header("Content-Type").value_or("");
  if (type.rfind("application/json", 0) == 0) {
    return json_reply(404, Json::object({{"info", help + " " + hint}}));
  }
  return text_reply(404, "text/plain",
                    help + "\n\n" + hint + "\n" + std::string(hint.size() - 1, ' ') + "^\n");
}

void add_common_headers(const World& world, const Request& request, Reply& reply) {
  const std::string origin = request.headers.header("Origin").value_or("*");
  reply.headers.add("Access-Control-Allow-Origin", origin);
  reply.headers.add("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, HEAD, OPTIONS, PATCH");
  reply.headers.add("Access-Control-Allow-Headers", kAllowedHeaders);
  reply.headers.add("Access-Control-Expose-Headers", kExposedHeaders);
  reply.headers.add("Vary", "Accept-Language, Cookie");
  reply.headers.add("X-Frame-Options", "deny");
  reply.headers.add("X-Content-Type-Options", "nosniff");
  reply.headers.add("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload");
  for (const auto& [name, value] : world.extra_headers) reply.headers.add(name, value);
}

Limit limit_for(const World& world, const Route& route, const Request& request,
                const std::string& category) {
  const LimitSettings& settings = world.limits;
  const auto own = settings.by_bucket.find(route.bucket_label(request.method));
  if (own != settings.by_bucket.end()) return own->second;
  if (!settings.documented) return settings.base;
  const Operation* operation = route.find(request.method);
  const Limit usual{40, 1, 25};
  return operation == nullptr ? usual : documented_limit(operation->limits, category, usual);
}

void add_rate_headers(const World& world, const Admission& admission, Reply& reply) {
  const std::string prefix = "X-Sentry-Rate-Limit-";
  reply.headers.add(prefix + "Remaining", std::to_string(admission.remaining));
  reply.headers.add(prefix + "Limit", std::to_string(admission.limit.requests));
  reply.headers.add(prefix + "Reset", std::to_string(admission.reset_s));
  const bool counted = admission.limit.concurrent > 0 && admission.verdict != Verdict::kTooFrequent;
  if (!counted && !world.limits.old_shapes) return;
  const auto shown = [&](std::int64_t value) {
    return counted ? std::to_string(value) : std::string("None");
  };
  reply.headers.add(prefix + "ConcurrentRemaining", shown(admission.concurrent_remaining));
  reply.headers.add(prefix + "ConcurrentLimit", shown(admission.limit.concurrent));
}

Reply too_many(World& world, const Admission& admission) {
  const bool often = admission.verdict == Verdict::kTooFrequent;
  world.journal.rejected(often ? "window" : "concurrency");
  const std::string text =
      often ? "You are attempting to use this endpoint too frequently. Limit is " +
                  std::to_string(admission.limit.requests) + " requests in " +
                  std::to_string(admission.limit.window_s) + " seconds"
            : "You are attempting to go above the allowed concurrency for this endpoint. "
              "Concurrency limit is " +
                  std::to_string(admission.limit.concurrent);
  const Json body = world.limits.old_shapes ? Json(text) : Json::object({{"detail", text}});
  // The middleware sets no type, so the framework's default is what clients see.
  return text_reply(429, "text/html; charset=utf-8", body.text());
}

// An endpoint that the table knows and nobody has written: lists look like lists.
Reply generic(Call& call) {
  const std::string& method = call.request.method;
  if (method == "DELETE") {
    Reply reply;
    reply.status = 204;
    return reply;
  }
  const std::string& last = call.match.route->segments.back();
  const bool list = method == "GET" && last.find('{') == std::string::npos && last.back() == 's';
  if (list) return page_of(call, {});
  std::vector<Json::Member> members = {{"sandbox", true}, {"endpoint", call.match.route->view}};
  for (const auto& [name, value] : call.match.parameters) members.emplace_back(name, value);
  return json_reply(method == "POST" ? 201 : 200, Json::object(members));
}

Reply answer_call(Call& call) {
  const Endpoint* endpoint = find_endpoint(call.match.route->view, call.request.method);
  return endpoint != nullptr ? endpoint->answer(call) : generic(call);
}

// Behind the limiter: an ordered answer, a refusal, or the endpoint.
Reply answer_admitted(Call& call, const Caller& caller, const std::optional<Fault>& fault) {
  return answer_with(fault, [&] {
    const auto refused = refuse(call, caller);
    return refused ? *refused : answer_call(call);
  });
}

void count_unauthorized(World& world, const Caller& caller, const Call& call) {
  const Operation* operation = call.match.route->find(call.request.method);
  if (operation != nullptr && operation->scopes.front() == "client-secret") return;
  world.journal.unauthorized();
  world.tokens.note_unauthorized(caller.token);
}

Reply preflight() {
  Reply reply = text_reply(200, "text/html; charset=utf-8", "");
  reply.headers.add("Access-Control-Max-Age", "3600");
  reply.headers.add("Allow", "GET, POST, PUT, DELETE, HEAD, OPTIONS, PATCH");
  return reply;
}

}  // namespace

const Endpoint* find_endpoint(std::string_view view, std::string_view method) {
  for (const auto* endpoints :
       {&organization_endpoints(), &issue_endpoints(), &release_endpoints(), &monitor_endpoints(),
        &upload_endpoints(), &installation_endpoints()}) {
    for (const Endpoint& endpoint : *endpoints) {
      if (endpoint.view == view && endpoint.method == method) return &endpoint;
    }
  }
  return nullptr;
}

Outcome answer_api(World& world, const Request& request) {
  Outcome outcome;
  const Match match = world.routes.match(request.path);
  const std::optional<Fault> fault = world.faults.take_answer(request);
  const bool outside = fault && is_before_limiter(*fault);
  const bool at_once = fault && !changes_answer(*fault) && !fault->after;
  if (at_once && (outside || match.route == nullptr)) {
    outcome.reply = fault_reply(*fault).value_or(Reply());
    return outcome;
  }
  if (match.route == nullptr || request.method == "OPTIONS") {
    outcome.reply = match.route == nullptr ? no_route(request) : preflight();
    add_common_headers(world, request, outcome.reply);
    return outcome;
  }
  const Caller caller = identify(world, request);
  const std::string bucket =
      caller.category + ":" + match.route->bucket_label(request.method) + ":" + caller.id;
  const Limit limit = limit_for(world, *match.route, request, caller.category);
  Admission admission;
  if (!world.limits.off) admission = world.limiter.admit(bucket, limit, world.clock.now_ms());
  Call call{world, request, match};
  outcome.reply = admission.verdict == Verdict::kAllowed ? answer_admitted(call, caller, fault)
                                                         : too_many(world, admission);
  if (outcome.reply.status == 401) count_unauthorized(world, caller, call);
  if (!outside && !world.limits.off) add_rate_headers(world, admission, outcome.reply);
  add_common_headers(world, request, outcome.reply);
  if (admission.holds_slot) {
    outcome.finished = [&world, bucket, slot = admission.slot](Ending) {
      world.limiter.release(bucket, slot);
    };
  }
  return outcome;
}

}  // namespace postern::sandbox
