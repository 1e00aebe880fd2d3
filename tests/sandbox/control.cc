#include "control.h"

#include "orders.h"
#include "server.h"
#include "tls.h"
#include "world.h"

namespace postern::sandbox {
namespace {

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
  settings.off = is_on(fields, "off", settings.off);
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

Reply set_clock(const Controls& controls, const Fields& fields) {
  controls.world.clock.set(fields.number("skew_ms").value_or(0),
                           fields.number("drift_ppm").value_or(0),
                           fields.number("date_ms").value_or(0));
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

// Back to the start: faults, limits, skew, extra headers, counters. Grants, installations and
// releases stay.
Reply reset(const Controls& controls, const Fields&) {
  World& world = controls.world;
  world.faults.clear();
  world.limits = LimitSettings();
  world.limiter.clear();
  world.limiter.enforce_concurrency = false;
  world.restore_token_rules();
  world.tokens.forget_counts();
  world.installations.rules() = InstallationRules();
  world.installations.forget_counts();
  world.clock.set(0, 0, 0);
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

Reply show_windows(const Controls& controls, const Fields&) {
  std::vector<Json> windows;
  for (const Tally& tally : controls.world.limiter.tallies()) {
    windows.push_back(Json::object({{"bucket", tally.bucket},
                                    {"reset", tally.reset_s},
                                    {"limit", tally.limit},
                                    {"allowed", tally.allowed},
                                    {"too_frequent", tally.too_frequent},
                                    {"too_many_at_once", tally.too_many_at_once},
                                    {"most_in_flight", tally.most_in_flight}}));
  }
  return json_reply(200, Json::array(windows));
}

const std::vector<Order>& own_orders() {
  static const std::vector<Order> orders = {
      {"GET", "/_sandbox/state", show_state},     {"GET", "/_sandbox/requests", show_requests},
      {"GET", "/_sandbox/windows", show_windows}, {"POST", "/_sandbox/limits", set_limits},
      {"POST", "/_sandbox/foreign", set_foreign}, {"POST", "/_sandbox/clock", set_clock},
      {"POST", "/_sandbox/header", add_header},   {"POST", "/_sandbox/forget-tls", forget_tls},
      {"POST", "/_sandbox/reset", reset},
  };
  return orders;
}

}  // namespace

Reply done(std::int64_t changed) {
  return json_reply(200, Json::object({{"changed", changed}}));
}

Reply wrong(const std::string& problem) {
  return json_reply(400, Json::object({{"problem", problem}}));
}

bool is_on(const Fields& fields, std::string_view name, bool otherwise) {
  const auto value = fields.get(name);
  return value ? *value == "1" || *value == "true" || *value == "on" : otherwise;
}

Reply answer_control(const Controls& controls, const Request& request) {
  Fields fields = request.query;
  for (const auto& [name, value] : form_of(request)) fields.add(name, value);
  if (const auto body = JsonObject::parse(request.body)) {
    for (const auto& [name, value] : body->scalars()) fields.add(name, value);
  }
  std::string path = request.path;
  if (path.back() == '/') path.pop_back();
  for (const auto* orders : {&own_orders(), &fault_orders(), &token_orders(), &upload_orders()}) {
    for (const Order& order : *orders) {
      const bool meant = order.path == path && order.method == request.method;
      if (meant) return order.carry_out(controls, fields);
    }
  }
  return json_reply(404, Json::object({{"problem", "no such control call; see README.md"}}));
}

}  // namespace postern::sandbox
