// Admin: the control plane's pages, and the listener they are read at.
#pragma once

#include <string>
#include <string_view>

#include "admin/events.h"
#include "admin/evhtp_server.h"
#include "admin/history.h"
#include "admin/inspector.h"
#include "admin/options.h"
#include "admin/status_report.h"
#include "base/log.h"
#include "base/result.h"
#include "event/loop.h"
#include "relay/explanation.h"
#include "relay/options.h"
#include "relay/problem.h"

namespace postern::admin {

// The program as the control plane sees it.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual StatusReport report() const = 0;  // `ready` is the control plane's to fill in
  virtual Result<relay::Explanation, relay::Problem> explain(const relay::Question& question) = 0;
  virtual const Inspector& inspector() const = 0;
  virtual std::string_view configuration() const = 0;  // as `postern show` prints it
  virtual void shut_down() = 0;                        // in order, as SIGTERM does
};

// Loop thread; all references must outlive it.
//
//   GET  /livez     200 as long as the loop turns; asks neither Sentry nor a grant
//   GET  /readyz    200 when each required grant is usable and stored, and not draining; else 503
//   GET  /startupz  200 once it has been ready, and from then on
//   GET  /               the status page, and below /page what it is made of
//   GET  /api/status     the status document
//   GET  /api/grants, /api/buckets, /api/requests, /api/config   what the page shows
//   GET  /api/events     server-sent events: which of these have changed
//   GET  /api/explain    ?method=&path=&grant=: what would become of such a request
//   POST /api/shutdown   202, and the program drains; needs the admin token, or a unix socket
//
// The probes have aliases, and list each check with ?verbose. README.md has the documents.
class Admin final {
 public:
  Admin(event::Loop& loop, const Options& options, const relay::GuardOptions& guard,
        Subject& subject, log::Logger& logger);

  // Reads the token or makes one (blocks), then listens. Returns the address as bound.
  Result<std::string> start();

 private:
  void add_probes();
  void add_documents();
  void add_status_page();
  void watch_startup();
  void take_sample();
  void tell_followers();
  StatusReport report();
  Versions versions();
  Response follow();
  Response explain(const Request& request);
  Response shut_down(const Request& request);

  Options options_;
  Subject& subject_;
  log::Logger& logger_;
  History history_;
  Events events_;  // outlives the server's connections, and so its followers
  EvhtpServer server_;
  event::Deadline startup_watch_;
  event::Deadline next_sample_;
  event::Deadline next_tick_;
  bool has_been_ready_ = false;
};

}  // namespace postern::admin
