#include "admin/admin.h"

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "admin/explanation.h"
#include "admin/health.h"
#include "admin/query.h"
#include "admin/status_page.h"
#include "admin/token.h"
#include "admin/web_files.h"
#include "base/text.h"

namespace postern::admin {
namespace {

using http::Method;

constexpr Duration kLookAgain = std::chrono::seconds(1);
constexpr Duration kTick = std::chrono::seconds(1);  // between the events of one follower

// Whom the guard of the data path lets in by Host, but no web page and no required field: a probe
// cannot send one.
relay::GuardOptions hosts_of(const relay::GuardOptions& guard) {
  relay::GuardOptions own;
  own.hosts = guard.hosts;
  return own;
}

std::optional<uint32_t> uid_of(std::string_view digits) {
  const std::optional<uint64_t> number = text::parse_unsigned(digits);
  if (!number || *number > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

Response needs_token() {
  return Response::problem({relay::Code::kForbiddenCaller,
                            "what changes something needs the admin token",
                            "send it as Authorization: Bearer; it is in the file that "
                            "admin.token_file names (admin.token in the store's folder)"});
}

std::string document_of(log::Level level) {
  return "{\"level\": \"" + std::string(to_string(level)) + "\"}\n";
}

}  // namespace

Admin::Admin(event::Loop& loop, const Options& options, const relay::GuardOptions& guard,
             Subject& subject, log::Logger& logger)
    : options_(options),
      subject_(subject),
      logger_(logger),
      metrics_(loop, [this] { return snapshot(); }),
      startup_watch_(loop, [this] { watch_startup(); }),
      next_sample_(loop, [this] { take_sample(); }),
      next_tick_(loop, [this] { tell_followers(); }) {
  if (!options.listen.empty()) {
    server_.emplace(loop, options, hosts_of(guard), Purpose::kAdmin);
    add_probes(*server_);
    add_documents();
    add_actions();
    connect_.emplace(subject.connector(), options.read_only, [&loop] { return loop.now(); });
    add_connect();
    add_status_page();
  }
  if (!options.probes_listen.empty()) {
    probes_.emplace(loop, options, hosts_of(guard), Purpose::kProbes);
    add_probes(*probes_);
  }
}

void Admin::set_guard(const relay::GuardOptions& guard) {
  if (server_) server_->set_hosts(hosts_of(guard));
  if (probes_) probes_->set_hosts(hosts_of(guard));
}

Result<Admin::Addresses> Admin::start(Sockets given) {
  watch_startup();
  Addresses addresses;
  if (server_) {
    load_token();
    take_sample();
    auto bound = server_->listen(std::move(given.admin));
    if (!bound) return tl::unexpected(bound.error());
    connect_->set_address(*bound);
    addresses.admin = std::move(*bound);
  }
  if (probes_) {
    auto bound = probes_->listen(std::move(given.probes));
    if (!bound) return tl::unexpected(bound.error());
    addresses.probes = std::move(*bound);
  }
  return addresses;
}

void Admin::load_token() {
  auto token = load_or_make_token(options_.token_file);
  if (token) {
    connect_->set_token(*token);
    return server_->set_token(std::move(*token));
  }
  // Probes and status need none; a store that cannot be written is said elsewhere as well.
  logger_.warn("admin_token_missing")
      .str("reason", token.error().what)
      .str("detail",
           "what changes something is refused on TCP; correct the file and start again, or use "
           "admin.listen: unix:/path");
}

// Looks by itself as well: a grant may be lost again before anybody has asked.
void Admin::watch_startup() {
  health();
  if (!has_been_ready_) startup_watch_.set_after(kLookAgain);
}

void Admin::take_sample() {
  history_.sample(subject_.report().limits);
  next_sample_.set_after(History::kInterval);
}

Versions Admin::versions() {
  const StatusReport now = report();
  Versions versions = versions_of(now, history_, subject_.inspector());
  if (now.share) versions.fleet = now.share->answered;
  if (const FleetSource* fleet = subject_.fleet()) versions.fleet = fleet->round();
  return versions;
}

void Admin::tell_followers() {
  if (!events_.is_followed()) return;
  events_.tick(versions());
  next_tick_.set_after(kTick);
}

void Admin::add_probes(EvhtpServer& server) {
  for (const char* path : {"/livez", "/healthz", "/liveness"}) {
    server.add(Method::kGet, path, [this](const Request& request) {
      return format_checks("livez", liveness(subject_.vitals()), request.query);
    });
  }
  for (const char* path : {"/readyz", "/ready", "/readiness"}) {
    server.add(Method::kGet, path, [this](const Request& request) {
      return format_checks("readyz", readiness(health()), request.query);
    });
  }
  for (const char* path : {"/startupz", "/startup"}) {
    server.add(Method::kGet, path, [this](const Request& request) {
      const StatusReport now = health();
      if (has_been_ready_) return format_checks("startupz", {{"started", ""}}, request.query);
      return format_checks("startupz", readiness(now), request.query);
    });
  }
  server.add(Method::kGet, "/metrics", [this](const Request&) { return metrics_.answer(); });
}

void Admin::add_documents() {
  const auto add = [this](const char* path, auto format) {
    server_->add(Method::kGet, path,
                 [format](const Request&) { return Response::json(200, format() + '\n'); });
  };
  add("/api/status", [this] { return format_status(report()); });
  add("/api/grants", [this] { return format_grants(report()); });
  add("/api/buckets", [this] { return format_buckets(report(), history_); });
  add("/api/requests", [this] { return format_requests(subject_.inspector()); });
  server_->add(Method::kGet, "/api/fleet", [this](const Request&) {
    return with_fleet([this] { return Response::json(200, format_fleet(fleet_report()) + '\n'); });
  });
  server_->add(Method::kGet, "/api/config", [this](const Request&) {
    return Response::text(200, std::string(subject_.configuration()));
  });
  server_->add(Method::kGet, "/api/events", [this](const Request&) { return follow(); });
  server_->add(Method::kGet, "/api/explain",
               [this](const Request& request) { return explain(request); });
}

void Admin::add_actions() {
  server_->add(Method::kGet, "/api/log-level", [this](const Request&) {
    return Response::json(200, document_of(logger_.level()));
  });
  server_->add(Method::kPost, "/api/log-level", [this](const Request& request) {
    return request.may_change ? set_log_level(request) : needs_token();
  });
  server_->add(Method::kPost, "/api/shutdown", [this](const Request& request) {
    return request.may_change ? shut_down() : needs_token();
  });
  if (options_.quitquitquit)
    server_->add(Method::kPost, "/quitquitquit", [this](const Request&) { return shut_down(); });
}

void Admin::add_status_page() {
  const auto add = [this](std::string path, auto render) {
    server_->add(Method::kGet, std::move(path), [this, render](const Request&) {
      const StatusReport now = report();
      return Response::page(
          render(PageView{now, subject_.inspector(), history_, subject_.configuration()}));
    });
  };
  server_->add(Method::kGet, "/", [this](const Request& request) { return status_page(request); });
  for (const std::string_view part : kPageParts) {
    add("/page/" + std::string(part),
        [part](const PageView& view) { return render_part(part, view); });
  }
  server_->add(Method::kGet, "/page/fleet", [this](const Request&) {
    return with_fleet([this] { return Response::page(render_fleet(fleet_report())); });
  });
  const auto add_file = [this](const char* path, const char* type, std::string_view file) {
    server_->add(Method::kGet, path, [type, file](const Request&) {
      return Response::of(200, type, std::string(file));
    });
  };
  add_file("/page.css", "text/css; charset=utf-8", page_css());
  add_file("/page.js", "text/javascript; charset=utf-8", page_js());
  add_file("/icon.svg", "image/svg+xml", icon_svg());
}

Response Admin::status_page(const Request& request) {
  if (request.query.starts_with("token=")) return connect_->enter(request);
  return with_fleet([this, connect = connect_->view(request, report())] {
    const StatusReport now = report();
    const FleetReport fleet = fleet_report();
    Response response = Response::page(render_page(
        PageView{now, subject_.inspector(), history_, subject_.configuration(), &connect, &fleet}));
    if (connect.off.empty()) response.policy = page_policy(connect_->form_targets());
    return response;
  });
}

// Once the fleet has been looked at, or had its time.
Response Admin::with_fleet(std::function<Response()> make) {
  FleetSource* fleet = subject_.fleet();
  if (fleet == nullptr) return make();
  return Response::deferred([fleet, make = std::move(make)](Deferred deferred) -> Work {
    auto waiting = std::make_shared<Deferred>(std::move(deferred));
    fleet->read([make, still = std::weak_ptr<Deferred>(waiting)] {
      if (const auto asked = still.lock()) asked->answer(make());
    });
    return waiting;
  });
}

FleetReport Admin::fleet_report() {
  FleetReport fleet;
  fleet.advice = kNoFleet;
  if (const FleetSource* source = subject_.fleet()) fleet = source->report();
  StatusReport own = subject_.report();
  fleet.shares_limits = own.share.has_value();
  if (own.share) fleet.limits_fault = std::move(own.share->fault);
  for (relay::BucketView& bucket : own.limits)
    if (bucket.share) fleet.buckets.push_back(std::move(bucket));
  return fleet;
}

void Admin::add_connect() {
  server_->add(Method::kPost, "/connect",
               [this](const Request& request) { return connect_->begin(request); });
  server_->add(Method::kPost, "/connect/test",
               [this](const Request& request) { return connect_->test(request); });
  server_->add(Method::kGet, "/oauth/callback",
               [this](const Request& request) { return connect_->callback(request); });
}

Response Admin::follow() {
  if (events_.is_full()) {
    return Response::problem({relay::Code::kQueueFull, "as many follow the events as may",
                              "read the documents instead, or close one of the pages", 10});
  }
  Response response = Response::of(200, "text/event-stream", {});
  response.follow = [this](Stream& stream) {
    if (!next_tick_.is_set()) next_tick_.set_after(kTick);
    return events_.follow(stream, versions());
  };
  return response;
}

StatusReport Admin::judged(StatusReport report) {
  report.ready = all_pass(readiness(report));
  has_been_ready_ = has_been_ready_ || report.ready;
  return report;
}

MetricsSnapshot Admin::snapshot() {
  MetricsSnapshot snapshot = subject_.snapshot();
  const StatusReport now = health();
  snapshot.ready = now.ready;
  snapshot.draining = now.draining;
  snapshot.store_writable = now.store_fault.empty();
  return snapshot;
}

Response Admin::explain(const Request& request) {
  static constexpr std::array<std::string_view, 6> kParts{"method",   "path", "grant",
                                                          "listener", "uid",  "name"};
  auto query = parse_query(request.query, kParts);
  if (query && (*query)["method"].empty()) query = fail("method is missing");
  if (query && (*query)["path"].empty()) query = fail("path is missing");
  std::optional<uint32_t> uid;
  if (query && !(*query)["uid"].empty()) {
    uid = uid_of((*query)["uid"]);
    if (!uid) query = fail("uid is no user's number");
  }
  if (!query)
    return Response::problem(
        {relay::Code::kBadRequest, query.error().what,
         "ask for /api/explain?method=GET&path=/api/0/…, and &grant=NAME, &listener=NAME, &uid=N, "
         "&name=NAME",
         0});
  const auto explanation = subject_.explain({(*query)["method"],
                                             (*query)["path"],
                                             (*query)["grant"],
                                             (*query)["listener"],
                                             {},
                                             uid,
                                             (*query)["name"]});
  if (!explanation) return Response::problem(explanation.error());
  return Response::json(200, format_explanation(*explanation) + '\n');
}

Response Admin::set_log_level(const Request& request) {
  static constexpr std::array<std::string_view, 1> kParts{"level"};
  auto query = parse_query(request.query, kParts);
  const auto level = query ? log::parse_level((*query)["level"]) : std::nullopt;
  if (!level)
    return Response::problem({relay::Code::kBadRequest, "there is no such log level",
                              "ask for /api/log-level?level=debug, info, warn or error", 0});
  subject_.set_log_level(*level);
  logger_.info("log_level").str("level", to_string(*level));
  return Response::json(200, document_of(*level));
}

Response Admin::shut_down() {
  logger_.info("shutdown_asked_for");
  Response response = Response::json(202, "{\"draining\": true}\n");
  response.then = [this] { subject_.shut_down(); };
  return response;
}

}  // namespace postern::admin
