// Admin: the control plane's pages, and the listener they are read at.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "admin/connect.h"
#include "admin/connector.h"
#include "admin/events.h"
#include "admin/evhtp_server.h"
#include "admin/fleet_report.h"
#include "admin/health.h"
#include "admin/history.h"
#include "admin/inspector.h"
#include "admin/metrics_page.h"
#include "admin/options.h"
#include "admin/status_report.h"
#include "base/log.h"
#include "base/result.h"
#include "event/loop.h"
#include "relay/explanation.h"
#include "relay/options.h"
#include "relay/problem.h"
#include "wire/listening_socket.h"

namespace postern::admin {

// The program as the control plane sees it.
class Subject {
 public:
  virtual ~Subject() = default;
  // `ready` is the control plane's to fill in.
  virtual StatusReport report() const = 0;
  virtual StatusReport health() const = 0;  // the same without limits, for probes: cheap
  virtual Vitals vitals() const = 0;
  virtual MetricsSnapshot snapshot() const = 0;  // likewise
  virtual Result<relay::Explanation, relay::Problem> explain(const relay::Question& question) = 0;
  virtual const Inspector& inspector() const = 0;
  virtual std::string_view configuration() const = 0;  // in force, as `postern show` prints it
  virtual Connector& connector() = 0;
  virtual FleetSource* fleet() = 0;  // null: it shares its grants with nobody, or is not up yet
  virtual void set_log_level(log::Level level) = 0;
  virtual void shut_down() = 0;  // in order, as SIGTERM does, but without drain.delay
};

// Loop thread; all references must outlive it.
//
//   GET  /livez     200 as long as the loop turns in time; asks neither Sentry nor a grant
//   GET  /readyz    200 when each required grant is usable and stored, and not draining; else 503
//   GET  /startupz  200 once it has been ready, and from then on
//   GET  /metrics   for Prometheus
//   GET  /               the status page, and below /page what it is made of
//   POST /connect, /connect/test, GET /oauth/callback   grants connected from there (connect.h)
//   GET  /api/status     the status document
//   GET  /api/grants, /api/buckets, /api/requests, /api/config   what the page shows
//   GET  /api/fleet      all that share the store, read from it at that moment
//   GET  /api/events     server-sent events: which of these have changed
//   GET  /api/explain    ?method=&path=&grant=&listener=&uid=&name=: what would become of it
//   GET  /api/log-level  the level now
//   POST /api/log-level  ?level=: until the configuration is loaded again
//   POST /api/shutdown   202, and the program drains
//   POST /quitquitquit   the same without a token; only where admin.quitquitquit allows it
//
// What changes something needs the admin token, or a unix socket. README.md has the documents.
// The probes have aliases, and list each check with ?verbose. The listener for probes has them and
// /metrics, and nothing else.
class Admin final {
 public:
  Admin(event::Loop& loop, const Options& options, const relay::GuardOptions& guard,
        Subject& subject, log::Logger& logger);

  // From now on: the names that are accepted as Host.
  void set_guard(const relay::GuardOptions& guard);

  struct Addresses {  // as bound; empty: there is no such listener
    std::string admin;
    std::string probes;
  };
  struct Sockets {  // that somebody else has opened, to be used instead of binding
    std::optional<wire::ListeningSocket> admin;
    std::optional<wire::ListeningSocket> probes;
  };
  // Reads the token or makes one (blocks), then listens. What is off stays off.
  Result<Addresses> start(Sockets given);

 private:
  void add_probes(EvhtpServer& server);
  void add_documents();
  void add_actions();
  void add_status_page();
  void add_connect();
  Response status_page(const Request& request);
  Response with_fleet(std::function<Response()> make);
  FleetReport fleet_report();
  void load_token();
  void watch_startup();
  void take_sample();
  void tell_followers();
  StatusReport report() { return judged(subject_.report()); }
  StatusReport health() { return judged(subject_.health()); }
  StatusReport judged(StatusReport report);
  MetricsSnapshot snapshot();
  Versions versions();
  Response follow();
  Response explain(const Request& request);
  Response set_log_level(const Request& request);
  Response shut_down();

  Options options_;
  Subject& subject_;
  log::Logger& logger_;
  History history_;
  Events events_;                   // outlives the server's connections, and so its followers
  std::optional<Connect> connect_;  // outlives the connections that wait for it
  std::optional<EvhtpServer> server_;
  std::optional<EvhtpServer> probes_;
  MetricsPage metrics_;
  event::Deadline startup_watch_;
  event::Deadline next_sample_;
  event::Deadline next_tick_;
  bool has_been_ready_ = false;
};

}  // namespace postern::admin
