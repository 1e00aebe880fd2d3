#include "control.h"

#include <array>

#include "scopes.h"
#include "server.h"
#include "tls.h"
#include "world.h"

namespace postern::sandbox {
namespace {

// Parameters come in the query, in a form body or as a JSON object.
using Order = Reply (*)(const Controls&, const Fields&);

Reply done(std::int64_t changed = 1) {
  return json_reply(200, Json::object({{"changed", changed}}));
}

Reply wrong(const std::string& problem) {
  return json_reply(400, Json::object({{"problem", problem}}));
}

bool is_on(const Fields& fields, std::string_view name, bool otherwise) {
  const auto value = fields.get(name);
  return value ? *value == "1" || *value == "true" || *value == "on" : otherwise;
}

Reply set_limits(const Controls& controls, const Fields& fields) {
  World& world = controls.world;
  LimitSettings& settings = world.limits;
  if (is_on(fields, "reset", false)) {
    settings = LimitSettings();
    world.limiter.clear();
    world.limiter.enforce_concurrency = false;
  }
  const std::string profile = fields.get_or("profile", "");
  if (!profile.empty() && profile != "documented" && profile != "generous") {
    return wrong("profile is `documented` or `generous`");
  }
  if (!profile.empty()) settings.documented = profile == "documented";
  settings.old_shapes = is_on(fields, "old_shapes", settings.old_shapes);
  world.limiter.enforce_concurrency =
      is_on(fields, "enforce_concurrency", world.limiter.enforce_concurrency);
  const bool numbers =
      fields.number("requests") || fields.number("window") || fields.number("concurrent");
  if (!numbers) return done();
  const std::string bucket = fields.get_or("bucket", "*");
  Limit limit = settings.base;
  const auto known = settings.by_bucket.find(bucket);
  if (known != settings.by_bucket.end()) limit = known->second;
  limit.requests = fields.number("requests").value_or(limit.requests);
  limit.window_s = fields.number("window").value_or(limit.window_s);
  limit.concurrent = fields.number("concurrent").value_or(limit.concurrent);
  if (limit.requests < 0 || limit.window_s < 1 || limit.concurrent < 0) {
    return wrong("requests and concurrent are at least 0, window at least 1");
  }
  (bucket == "*" ? settings.base : settings.by_bucket[bucket]) = limit;
  return done();
}

Reply set_foreign(const Controls& controls, const Fields& fields) {
  const std::string bucket = fields.get_or("bucket", "");
  Limiter& limiter = controls.world.limiter;
  if (const auto now = fields.number("now")) {
    limiter.add_foreign(bucket, *now);
    return done();
  }
  limiter.set_foreign(bucket, fields.number("per_window").value_or(0),
                      fields.number("slots").value_or(0));
  return done();
}

Reply set_tokens(const Controls& controls, const Fields& fields) {
  Tokens& tokens = controls.world.tokens;
  TokenRules& rules = tokens.rules();
  rules.expires_in_s = fields.number("expires_in").value_or(rules.expires_in_s);
  rules.replication_ms = fields.number("replication_ms").value_or(rules.replication_ms);
  const std::string replay = fields.get_or("replay", "");
  if (replay == "strict") {
    rules.replay = Replay::kStrict;
  } else if (replay == "family") {
    rules.replay = Replay::kFamily;
  } else if (replay == "grace") {
    rules.replay = Replay::kGrace;
  } else if (!replay.empty()) {
    return wrong("replay is `strict`, `family` or `grace`");
  }
  return done();
}

Reply expire_tokens(const Controls& controls, const Fields& fields) {
  return done(controls.world.tokens.expire(fields.get_or("token", "")));
}

Reply revoke_tokens(const Controls& controls, const Fields& fields) {
  return done(controls.world.tokens.revoke(fields.get_or("token", "")));
}

Reply issue_grant(const Controls& controls, const Fields& fields) {
  World& world = controls.world;
  const std::string client = fields.get_or("client_id", world.options.client_id);
  const auto scopes = split(fields.get_or("scope", world.options.scopes), ' ');
  for (const std::string& scope : scopes) {
    if (!is_scope(scope)) return wrong("no such scope: " + scope);
  }
  const Grant& grant = world.tokens.issue(world.oauth.make_grant(client, scopes));
  return json_reply(200, world.oauth.answer_for(grant));
}

Reply list_grants(const Controls& controls, const Fields&) {
  std::vector<Json> items;
  for (const Grant& grant : controls.world.tokens.grants()) {
    items.push_back(Json::object({{"client_id", grant.client_id},
                                  {"access_token", grant.access},
                                  {"refresh_token", grant.refresh},
                                  {"expires_at", iso_time(grant.expires_at_ms)},
                                  {"scope", joined(grant.scopes, ' ')},
                                  {"organization_id", Json::optional(grant.organization_id)}}));
  }
  return json_reply(200, Json::array(items));
}

Reply set_oauth(const Controls& controls, const Fields& fields) {
  Oauth& oauth = controls.world.oauth;
  OauthRules& rules = oauth.rules();
  rules.auto_approve = is_on(fields, "auto_approve", rules.auto_approve);
  rules.org_scoped = is_on(fields, "org_scoped", rules.org_scoped);
  rules.code_lifetime_s = fields.number("code_lifetime").value_or(rules.code_lifetime_s);
  rules.device_lifetime_s = fields.number("device_lifetime").value_or(rules.device_lifetime_s);
  rules.device_interval_s = fields.number("device_interval").value_or(rules.device_interval_s);
  const std::string client = fields.get_or("client_id", controls.world.options.client_id);
  Application* application = oauth.applications().find(client);
  if (application == nullptr) return wrong("no such client_id");
  application->active = is_on(fields, "active", application->active);
  application->version = static_cast<int>(fields.number("version").value_or(application->version));
  return done();
}

Reply decide_device(const Controls& controls, const Fields& fields) {
  const bool approve = fields.get_or("op", "approve") == "approve";
  const bool known = controls.world.oauth.decide_device(fields.get_or("user_code", ""), approve);
  return known ? done() : wrong("no such user_code");
}

// The next `count` requests to `path` get an ordered answer.
Reply add_answer(const Controls& controls, const Fields& fields) {
  Fault fault;
  fault.path = fields.get_or("path", "*");
  fault.method = fields.get_or("method", "");
  fault.count = fields.number("count").value_or(1);
  fault.kind = fields.get_or("kind", "status");
  fault.status = static_cast<int>(fields.number("status").value_or(0));
  fault.after = is_on(fields, "after", false);
  fault.retry_after = fields.get_or("retry_after", "");
  const bool needs_status = fault.kind == "status" || fault.kind == "html";
  if (needs_status && (fault.status < 200 || fault.status > 599)) return wrong("status is missing");
  if (!fault_reply(fault)) return wrong("no such kind: " + fault.kind);
  controls.world.faults.add(std::move(fault));
  return done();
}

Reply add_latency(const Controls& controls, const Fields& fields) {
  Fault fault;
  fault.path = fields.get_or("path", "*");
  fault.method = fields.get_or("method", "");
  fault.count = fields.number("count").value_or(-1);
  fault.delay_ms = fields.number("ms").value_or(0);
  if (fault.delay_ms < 1) return wrong("ms is missing");
  controls.world.faults.add(std::move(fault));
  return done();
}

Reply set_clock(const Controls& controls, const Fields& fields) {
  controls.world.clock.set_skew_ms(fields.number("skew_ms").value_or(0));
  return done();
}

Reply add_header(const Controls& controls, const Fields& fields) {
  const auto name = fields.get("name");
  if (!name) {
    controls.world.extra_headers = Fields();
    return done();
  }
  controls.world.extra_headers.add(*name, fields.get_or("value", ""));
  return done();
}

Reply forget_tls(const Controls& controls, const Fields&) {
  if (controls.tls == nullptr) return wrong("this sandbox serves plain HTTP");
  controls.tls->forget_sessions();
  return done();
}

// Back to the start: faults, limits, skew, extra headers, counters. Grants and releases stay.
Reply reset(const Controls& controls, const Fields&) {
  World& world = controls.world;
  world.faults.clear();
  world.limits = LimitSettings();
  world.limiter.clear();
  world.limiter.enforce_concurrency = false;
  world.tokens.rules() = TokenRules();
  world.tokens.rules().expires_in_s = world.options.expires_in;
  world.clock.set_skew_ms(0);
  world.extra_headers = Fields();
  world.journal.clear();
  return done();
}

Reply show_state(const Controls& controls, const Fields&) {
  const World& world = controls.world;
  std::vector<Json::Member> members = world.journal.counts();
  members.emplace_back("connections", controls.server->connections());
  members.emplace_back("grants", static_cast<std::uint64_t>(world.tokens.grants().size()));
  if (controls.tls != nullptr) {
    const TlsCounts& counts = controls.tls->counts();
    members.emplace_back("tls", Json::object({{"full", counts.full},
                                              {"resumed", counts.resumed},
                                              {"1.2", counts.tls12},
                                              {"1.3", counts.tls13}}));
  }
  members.emplace_back("public_base", world.hosts.region());
  return json_reply(200, Json::object(members));
}

Reply show_requests(const Controls& controls, const Fields& fields) {
  const auto last = fields.number("last").value_or(100);
  return json_reply(200, controls.world.journal.requests(static_cast<std::size_t>(last)));
}

struct Command {
  std::string_view method;
  std::string_view path;
  Order order;
};

constexpr std::array<Command, 17> kCommands = {{
    {"GET", "/_sandbox/state", show_state},
    {"GET", "/_sandbox/requests", show_requests},
    {"GET", "/_sandbox/grants", list_grants},
    {"POST", "/_sandbox/grants", issue_grant},
    {"POST", "/_sandbox/limits", set_limits},
    {"POST", "/_sandbox/foreign", set_foreign},
    {"POST", "/_sandbox/tokens", set_tokens},
    {"POST", "/_sandbox/expire", expire_tokens},
    {"POST", "/_sandbox/revoke", revoke_tokens},
    {"POST", "/_sandbox/oauth", set_oauth},
    {"POST", "/_sandbox/device", decide_device},
    {"POST", "/_sandbox/answer", add_answer},
    {"POST", "/_sandbox/latency", add_latency},
    {"POST", "/_sandbox/clock", set_clock},
    {"POST", "/_sandbox/header", add_header},
    {"POST", "/_sandbox/forget-tls", forget_tls},
    {"POST", "/_sandbox/reset", reset},
}};

}  // namespace

Reply answer_control(const Controls& controls, const Request& request) {
  Fields fields = request.query;
  for (const auto& [name, value] : form_of(request)) fields.add(name, value);
  if (const auto body = JsonObject::parse(request.body)) {
    for (const auto& [name, value] : body->scalars()) fields.add(name, value);
  }
  for (const Command& command : kCommands) {
    const bool named =
        request.path == command.path || request.path == std::string(command.path) + "/";
    if (named && request.method == command.method) return command.order(controls, fields);
  }
  return json_reply(404, Json::object({{"problem", "no such control call; see README.md"}}));
}

}  // namespace postern::sandbox
