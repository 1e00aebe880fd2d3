#include "runtime/application.h"

#include <signal.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/admin.h"
#include "admin/grant_report.h"
#include "admin/inspector.h"
#include "base/log.h"
#include "base/version.h"
#include "config/runtime_file.h"
#include "event/signals.h"
#include "relay/relay.h"
#include "runtime/keepers.h"
#include "runtime/process.h"
#include "runtime/timers.h"
#include "runtime/upstreams.h"
#include "wire/server.h"

namespace postern::runtime {
namespace {

// A terminal that goes away ends the program in order too, unless it was started to outlive it
// (nohup).
std::vector<int> ending_signals() {
  std::vector<int> signals{SIGTERM, SIGINT};
  struct sigaction hangup {};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
    signals.push_back(SIGHUP);
  return signals;
}

class Application final : private admin::Subject {
 public:
  Application(const config::Options& options, std::string configuration)
      : options_(options),
        configuration_(std::move(configuration)),
        logger_(options.log),
        registry_(config::grant_options(options)),
        upstreams_(loop_, logger_),
        timers_(loop_),
        inspector_(clock_, options.admin.listen.empty() ? 0 : options.admin.inspect),
        keepers_(loop_, options, registry_, upstreams_, clock_, timers_, logger_),
        relay_(options.relay, registry_, clock_, timers_, logger_, random_seed()),
        server_(loop_, options.server, relay_, logger_),
        signals_(loop_, ending_signals(), [this](int signal) { on_signal(signal); }),
        drain_deadline_(loop_, [this] { end("drain_timeout"); }),
        keepers_deadline_(loop_, [this] { on_drained(); }) {
    if (inspector_.most() > 0) relay_.add_observer(inspector_);
    if (!options.admin.listen.empty())
      admin_.emplace(loop_, options.admin, options.relay.guard, static_cast<admin::Subject&>(*this),
                     logger_);
  }

  int run() {
    auto started = start();
    if (!started) {
      logger_.error("cannot_start").str("reason", started.error().what);
      return 1;
    }
    loop_.run();
    config::remove_runtime_file(options_.runtime_file, ::getpid());
    logger_.info("stopped");
    return exit_code_;
  }

 private:
  Result<void> start() {
    if (auto kept = keepers_.start(); !kept) return kept;
    for (const config::GrantSetup& setup : options_.grants) {
      auto upstream = upstreams_.get(config::upstream_for(options_, setup));
      if (!upstream) return tl::unexpected(upstream.error());
      relay_.add_route(*registry_.find(setup.grant.name), **upstream, setup.sentry.url,
                       setup.sentry.regions, region_reach(setup));
    }
    auto listening = listen();
    if (!listening) return listening;
    upstreams_.warm();
    return {};
  }

  // Connections to a region, made when the first upload goes there.
  relay::Region::Reach region_reach(const config::GrantSetup& setup) {
    if (!setup.sentry.direct_uploads) return {};
    return [this, &setup](const std::string& origin) -> http::Upstream* {
      wire::UpstreamOptions options = config::upstream_for(options_, setup);
      options.url = origin;
      auto upstream = upstreams_.get(options);
      if (!upstream) logger_.warn("region_unusable").str("reason", upstream.error().what);
      return upstream ? *upstream : nullptr;
    };
  }

  Result<void> listen() {
    for (const wire::ListenOptions& one : options_.listen) {
      // The default names both loopback addresses; a machine without IPv6 has one.
      if (options_.listen.size() > 1 && one.address.starts_with("[::1]:") &&
          !wire::has_host("[::1]")) {
        logger_.warn("listener_skipped").str("address", one.address).str("reason", "no IPv6 here");
        continue;
      }
      auto address = server_.listen(one);
      if (!address) return tl::unexpected(address.error());
      if (one.grant.empty()) {
        logger_.info("listening").str("address", *address);
      } else {
        logger_.info("listening").str("address", *address).str("grant", one.grant);
      }
      if (one.allow_remote)
        logger_.warn("listening_remotely")
            .str("address", *address)
            .str("detail", "whoever reaches this address acts with the grant's rights");
      runtime_.listen.push_back(std::move(*address));
    }
    if (admin_) {
      auto address = admin_->start();
      if (!address) return tl::unexpected(address.error());
      logger_.info("admin_listening").str("address", *address);
      runtime_.admin = std::move(*address);
    }
    warn_of_another();
    auto written = config::write_runtime_file(options_.runtime_file, runtime_);
    if (!written) logger_.warn("runtime_file_unwritable").str("reason", written.error().what);
    return {};
  }

  // Two may run, but only one can be found by the commands under one name.
  void warn_of_another() {
    auto other = config::read_runtime_file(options_.runtime_file);
    if (!other || !*other || (*other)->pid == ::getpid()) return;
    if (!is_this_program((*other)->pid)) return;
    logger_.warn("runtime_file_taken")
        .num("pid", (*other)->pid)
        .str("detail",
             "status, run and shutdown will find this process only; give each a "
             "runtime_file of its own");
  }

  // ---- admin::Subject
  admin::StatusReport report() const override {
    admin::StatusReport report;
    report.running = true;
    report.version = version();
    report.pid = runtime_.pid;
    report.uptime_s =
        std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - started_).count();
    report.draining = signals_seen_ > 0;
    report.listen = runtime_.listen;
    const WallTime now = clock_.wall();
    for (const auto& keeper : keepers_.all())
      report.grants.push_back(admin::report_of(*keeper, now));
    report.limits = relay_.buckets(admin::StatusReport::kMostLimits);
    return report;
  }
  Result<relay::Explanation, relay::Problem> explain(const relay::Question& question) override {
    return relay_.explain(question);
  }
  const admin::Inspector& inspector() const override { return inspector_; }
  std::string_view configuration() const override { return configuration_; }
  void shut_down() override {
    if (signals_seen_ == 0) on_signal(SIGTERM);
  }

  void on_signal(int signal) {
    if (++signals_seen_ > 1) return hurry();
    logger_.info("draining")
        .num("signal", signal)
        .num("active", relay_.counters().active)
        .ms("timeout_ms", options_.drain.timeout);
    keepers_.stop_renewing();
    drain_deadline_.set_after(options_.drain.timeout);
    server_.drain([this] { on_drained(); });
  }

  // Signals come in pairs easily (a supervisor passes on what the terminal has sent to all), and a
  // refresh that is broken off may cost the grant: requests are given up at the second, that at the
  // third.
  void hurry() {
    exit_code_ = 1;
    if (signals_seen_ > 2 || !keepers_.is_busy()) return end("second_signal");
    logger_.warn("waiting_for_refresh").str("detail", "one more signal ends without its answer");
    on_drained();
  }

  // A refresh under way has used up the old pair already: its answer is waited for and stored.
  void on_drained() {
    if (!keepers_.is_busy()) return end(exit_code_ == 0 ? "drained" : "second_signal");
    keepers_deadline_.set_after(std::chrono::milliseconds(20));
  }

  void end(std::string_view why) {
    relay_.refuse_waiting();
    if (keepers_.report_unsaved()) exit_code_ = 1;
    logger_.info("ending").str("reason", why).num("active", relay_.counters().active);
    loop_.stop();
  }

  const config::Options& options_;
  const std::string configuration_;
  SystemClock clock_;
  log::Logger logger_;
  event::Loop loop_;
  grants::Registry registry_;
  Upstreams upstreams_;
  LoopTimers timers_;
  admin::Inspector inspector_;  // outlives the requests that it is told of
  Keepers keepers_;
  relay::Relay relay_;
  wire::Server server_;
  std::optional<admin::Admin> admin_;
  event::Signals signals_;
  event::Deadline drain_deadline_;
  event::Deadline keepers_deadline_;
  config::RuntimeInfo runtime_{::getpid(), {}, {}};
  Instant started_ = clock_.now();
  int signals_seen_ = 0;
  int exit_code_ = 0;
};

}  // namespace

int serve(const config::Options& options, std::string configuration) {
  harden_process();
  Application application(options, std::move(configuration));
  return application.run();
}

}  // namespace postern::runtime
