#include "admin/admin.h"

#include <array>
#include <string_view>
#include <utility>

#include "admin/explanation.h"
#include "admin/health.h"
#include "admin/query.h"
#include "admin/status_page.h"
#include "admin/token.h"
#include "admin/web_files.h"

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

}  // namespace

Admin::Admin(event::Loop& loop, const Options& options, const relay::GuardOptions& guard,
             Subject& subject, log::Logger& logger)
    : options_(options),
      subject_(subject),
      logger_(logger),
      server_(loop, options, hosts_of(guard)),
      startup_watch_(loop, [this] { watch_startup(); }),
      next_sample_(loop, [this] { take_sample(); }),
      next_tick_(loop, [this] { tell_followers(); }) {
  add_probes();
  add_documents();
  add_status_page();
}

Result<std::string> Admin::start() {
  auto token = load_or_make_token(options_.token_file);
  if (token) {
    server_.set_token(std::move(*token));
  } else {
    // Probes and status need none; a store that cannot be written is said elsewhere as well.
    logger_.warn("admin_token_missing")
        .str("reason", token.error().what)
        .str("detail",
             "what changes something is refused on TCP; correct the file and start again, or use "
             "admin.listen: unix:/path");
  }
  watch_startup();
  take_sample();
  return server_.listen();
}

// Looks by itself as well: a grant may be lost again before anybody has asked.
void Admin::watch_startup() {
  report();
  if (!has_been_ready_) startup_watch_.set_after(kLookAgain);
}

void Admin::take_sample() {
  history_.sample(subject_.report().limits);
  next_sample_.set_after(History::kInterval);
}

Versions Admin::versions() {
  return versions_of(report(), history_, subject_.inspector());
}

void Admin::tell_followers() {
  if (!events_.is_followed()) return;
  events_.tick(versions());
  next_tick_.set_after(kTick);
}

void Admin::add_probes() {
  for (const char* path : {"/livez", "/healthz", "/liveness"}) {
    server_.add(Method::kGet, path, [](const Request& request) {
      return format_checks("livez", {{"loop", ""}}, request.query);
    });
  }
  for (const char* path : {"/readyz", "/ready", "/readiness"}) {
    server_.add(Method::kGet, path, [this](const Request& request) {
      return format_checks("readyz", readiness(report()), request.query);
    });
  }
  for (const char* path : {"/startupz", "/startup"}) {
    server_.add(Method::kGet, path, [this](const Request& request) {
      const StatusReport now = report();
      if (has_been_ready_) return format_checks("startupz", {{"started", ""}}, request.query);
      return format_checks("startupz", readiness(now), request.query);
    });
  }
}

void Admin::add_documents() {
  const auto add = [this](const char* path, auto format) {
    server_.add(Method::kGet, path,
                [format](const Request&) { return Response::json(200, format() + '\n'); });
  };
  add("/api/status", [this] { return format_status(report()); });
  add("/api/grants", [this] { return format_grants(report()); });
  add("/api/buckets", [this] { return format_buckets(report(), history_); });
  add("/api/requests", [this] { return format_requests(subject_.inspector()); });
  server_.add(Method::kGet, "/api/config", [this](const Request&) {
    return Response::text(200, std::string(subject_.configuration()));
  });
  server_.add(Method::kGet, "/api/events", [this](const Request&) { return follow(); });
  server_.add(Method::kGet, "/api/explain",
              [this](const Request& request) { return explain(request); });
  server_.add(Method::kPost, "/api/shutdown",
              [this](const Request& request) { return shut_down(request); });
}

void Admin::add_status_page() {
  const auto add = [this](std::string path, auto render) {
    server_.add(Method::kGet, std::move(path), [this, render](const Request&) {
      const StatusReport now = report();
      return Response::page(
          render(PageView{now, subject_.inspector(), history_, subject_.configuration()}));
    });
  };
  add("/", render_page);
  for (const std::string_view part : kPageParts) {
    add("/page/" + std::string(part),
        [part](const PageView& view) { return render_part(part, view); });
  }
  const auto add_file = [this](const char* path, const char* type, std::string_view file) {
    server_.add(Method::kGet, path, [type, file](const Request&) {
      return Response{200, type, std::string(file), {}, {}};
    });
  };
  add_file("/page.css", "text/css; charset=utf-8", page_css());
  add_file("/page.js", "text/javascript; charset=utf-8", page_js());
  add_file("/icon.svg", "image/svg+xml", icon_svg());
}

Response Admin::follow() {
  if (events_.is_full()) {
    return Response::problem({relay::Code::kQueueFull, "as many follow the events as may",
                              "read the documents instead, or close one of the pages", 10});
  }
  Response response{200, "text/event-stream", {}, {}, {}};
  response.follow = [this](Stream& stream) {
    if (!next_tick_.is_set()) next_tick_.set_after(kTick);
    return events_.follow(stream, versions());
  };
  return response;
}

StatusReport Admin::report() {
  StatusReport report = subject_.report();
  report.ready = all_pass(readiness(report));
  has_been_ready_ = has_been_ready_ || report.ready;
  return report;
}

Response Admin::explain(const Request& request) {
  static constexpr std::array<std::string_view, 4> kParts{"method", "path", "grant", "listener"};
  auto query = parse_query(request.query, kParts);
  if (query && (*query)["method"].empty()) query = fail("method is missing");
  if (query && (*query)["path"].empty()) query = fail("path is missing");
  if (!query)
    return Response::problem(
        {relay::Code::kBadRequest, query.error().what,
         "ask for /api/explain?method=GET&path=/api/0/…, and &grant=NAME, &listener=NAME", 0});
  const auto explanation = subject_.explain(
      {(*query)["method"], (*query)["path"], (*query)["grant"], (*query)["listener"]});
  if (!explanation) return Response::problem(explanation.error());
  return Response::json(200, format_explanation(*explanation) + '\n');
}

Response Admin::shut_down(const Request& request) {
  if (!request.may_change) {
    return Response::problem({relay::Code::kForbiddenCaller,
                              "what changes something needs the admin token",
                              "send it as Authorization: Bearer; it is in the file that "
                              "admin.token_file names (admin.token in the store's folder)"});
  }
  logger_.info("shutdown_asked_for");
  Response response = Response::json(202, "{\"draining\": true}\n");
  response.then = [this] { subject_.shut_down(); };
  return response;
}

}  // namespace postern::admin
