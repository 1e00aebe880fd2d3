#include "runtime/application.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/admin.h"
#include "admin/grant_report.h"
#include "admin/inspector.h"
#include "admin/request_counts.h"
#include "base/log.h"
#include "base/text.h"
#include "base/version.h"
#include "config/changes.h"
#include "config/runtime_file.h"
#include "config/show.h"
#include "event/signals.h"
#include "event/watchdog.h"
#include "grants/timestamp.h"
#include "relay/relay.h"
#include "runtime/activation.h"
#include "runtime/certificates.h"
#include "runtime/ending.h"
#include "runtime/figures.h"
#include "runtime/fleet.h"
#include "runtime/grant_connector.h"
#include "runtime/keepers.h"
#include "runtime/listener_question.h"
#include "runtime/listeners.h"
#include "runtime/notices.h"
#include "runtime/process.h"
#include "runtime/service_manager.h"
#include "runtime/shared_limits.h"
#include "runtime/timers.h"
#include "runtime/upstreams.h"
#include "wire/server.h"

namespace postern::runtime {
namespace {

constexpr Duration kLookAgain = std::chrono::seconds(1);

// What the environment holds for this process alone.
struct Inheritance {
  std::vector<GivenSocket> sockets = take_given_sockets();
  NotifyOptions notify = take_notify_options();
};

class Application final : private admin::Subject, private ConfigurationHolder {
 public:
  Application(config::Loaded loaded, ConfigurationSource source, Inheritance inherited)
      : loaded_(std::move(loaded)),
        source_(std::move(source)),
        logger_(options_.log),
        service_manager_(loop_, logger_, std::move(inherited.notify)),
        registry_(config::grant_options(options_)),
        upstreams_(loop_, logger_),
        timers_(loop_),
        inspector_(clock_, options_.admin.listen.empty() ? 0 : options_.admin.inspect,
                   options_.admin.inspect_bodies),
        keepers_(loop_, options_, registry_, upstreams_, clock_, timers_, logger_),
        request_counts_(options_.admin.max_series),
        relay_(options_.relay, registry_, clock_, timers_, logger_, random_seed()),
        server_(loop_, options_.server, relay_, logger_),
        listeners_(server_, logger_, std::move(inherited.sockets)),
        signals_(loop_, {SIGTERM, SIGINT, SIGHUP}, [this](int signal) { on_signal(signal); }),
        look_around_(loop_, [this] { look_around(); }),
        ending_({loop_, logger_, service_manager_, keepers_, connector_, relay_, server_},
                options_.drain) {
    if (options_.admin.listen.empty() && options_.admin.probes_listen.empty()) return;
    admin_.emplace(loop_, options_.admin, options_.relay.guard, static_cast<admin::Subject&>(*this),
                   logger_);
    relay_.add_observer(request_counts_);
    if (inspector_.most() == 0) return;
    relay_.add_observer(inspector_);
    relay_.keep_bodies(options_.admin.inspect_bodies);
  }

  int run() {
    auto started = start();
    if (!started) {
      logger_.error("cannot_start").str("reason", started.error().what);
      return 1;
    }
    watchdog_.emplace(loop_, options_.admin.max_stall, [this] { on_stall(); });
    loop_.run();
    watchdog_.reset();
    if (fleet_) fleet_->leave();
    config::remove_runtime_file(options_.runtime_file, ::getpid());
    logger_.info("stopped");
    return ending_.exit_code();
  }

 private:
  Result<void> start() {
    say_notices();
    for (const Notice& notice : certificate_notices(options_, clock_.wall())) say(notice);
    if (auto kept = keepers_.start(); !kept) return kept;
    for (const config::GrantSetup& setup : options_.grants) {
      auto upstream = upstreams_.get(config::upstream_for(options_, setup));
      if (!upstream) return tl::unexpected(upstream.error());
      relay_.add_route(*registry_.find(setup.grant.name), **upstream, setup.sentry.url,
                       setup.sentry.regions, region_reach(setup));
    }
    if (auto met = meet_fleet(); !met) return met;
    if (auto shared = share_limits(); !shared) return shared;
    auto listening = listen();
    if (!listening) return listening;
    if (fleet_) fleet_->start();
    upstreams_.warm();
    watch_.emplace(std::move(source_), keepers_.background(), timers_, clock_,
                   static_cast<ConfigurationHolder&>(*this));
    watch_->start();
    service_manager_.ready(serving());
    if (service_manager_.listens()) look_around();
    return {};
  }

  // Those that have not been said of the configuration before.
  void say_notices() {
    std::vector<Notice> notices = notices_of(options_);
    for (const Notice& notice : notices) {
      if (std::find(notices_.begin(), notices_.end(), notice) == notices_.end()) say(notice);
    }
    notices_ = std::move(notices);
  }
  void say(const Notice& notice) {
    logger_.line(notice.level, notice.event)
        .str("setting", notice.setting)
        .str("detail", notice.detail);
  }

  std::string serving() const {
    return "serving; " + keepers_.summary() +
           (configuration_.fault.empty() ? "" : "; the changed configuration has a fault");
  }

  // What changes by itself, for whoever looks at the process from outside.
  void look_around() {
    if (!ending_.has_begun()) service_manager_.set_status(serving());
    look_around_.set_after(kLookAgain);
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

  Result<void> share_limits() {
    if (options_.limits_share == config::LimitsShare::kOff) return {};
    auto shared = SharedLimits::make(loop_, options_, relay_.admission_to_share(), clock_, logger_);
    if (!shared) return tl::unexpected(shared.error());
    shared_limits_ = std::move(*shared);
    return {};
  }

  Result<void> listen() {
    certificates_.emplace(
        CertificateTools{server_, logger_, keepers_.background(), timers_, clock_},
        options_.listen);
    auto addresses = listeners_.open(options_);
    if (!addresses) return tl::unexpected(addresses.error());
    runtime_.listen = std::move(*addresses);
    runtime_.tls = listeners_.tls_addresses();
    certificates_->watch();
    if (admin_) {
      auto address = listeners_.open_admin(*admin_);
      if (!address) return tl::unexpected(address.error());
      runtime_.admin = std::move(*address);
    }
    warn_of_another();
    auto written = config::write_runtime_file(options_.runtime_file, runtime_);
    if (!written) logger_.warn("runtime_file_unwritable").str("reason", written.error().what);
    return {};
  }

  Result<void> meet_fleet() {
    const bool shares_limits = options_.limits_share != config::LimitsShare::kOff;
    Fleet::Tools tools{
        loop_, options_, timers_, clock_, logger_, [this] { return health(); }, shares_limits, {}};
    if (shares_limits)
      tools.on_sharers = [this](int64_t sharers) { shared_limits_->on_listed(sharers); };
    auto fleet = Fleet::make(std::move(tools), keepers_.owner());
    if (!fleet) return tl::unexpected(fleet.error());
    fleet_ = std::move(*fleet);
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
    admin::StatusReport report = health();
    report.limits = relay_.buckets(admin::StatusReport::kMostLimits);
    report.cache = report_of_cache(relay_);
    if (shared_limits_) report.share = shared_limits_->report();
    report.upstreams = report_of_upstreams(upstreams_);
    report.certificates = certificates_->reports();
    return report;
  }
  admin::StatusReport health() const override {
    admin::StatusReport report;
    report.running = true;
    report.version = version();
    report.pid = runtime_.pid;
    report.uptime_s =
        std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - started_).count();
    report.draining = ending_.has_begun();
    report.log_level = log::to_string(logger_.level());
    report.configuration = configuration_;
    report.listen = runtime_.listen;
    const WallTime now = clock_.wall();
    for (const auto& keeper : keepers_.all())
      report.grants.push_back(admin::report_of(*keeper, now));
    report.store_fault = keepers_.store_fault();
    report.store_is_shared = options_.store.kind != config::StoreKind::kFile;
    return report;
  }
  admin::Vitals vitals() const override {
    return vitals_of({relay_, upstreams_, watchdog_ ? watchdog_->stalls() : event::Stalls()});
  }
  admin::MetricsSnapshot snapshot() const override {
    admin::MetricsSnapshot snapshot = snapshot_of({relay_, upstreams_, keepers_, clock_.wall()});
    snapshot.requests = request_counts_.figures();
    snapshot.client_connections = server_.connections();
    snapshot.log_lines_dropped = logger_.dropped();
    snapshot.configuration = configuration_;
    if (shared_limits_) snapshot.share = shared_limits_->report();
    snapshot.certificates = certificates_->figures();
    if (watchdog_) snapshot.stalls = watchdog_->stalls();
    return snapshot;
  }
  Result<relay::Explanation, relay::Problem> explain(const relay::Question& question) override {
    const auto asked = at_listener(question, options_);
    if (!asked) return tl::unexpected(asked.error());
    return relay_.explain(*asked);
  }
  const admin::Inspector& inspector() const override { return inspector_; }
  std::string_view configuration() const override { return shown_; }
  void shut_down() override {
    watch_->stop();
    ending_.begin_now();
  }

  admin::Connector& connector() override { return connector_; }
  admin::FleetSource* fleet() override { return fleet_ ? &fleet_->source() : nullptr; }

  void set_log_level(log::Level level) override {
    options_.log.level = level;  // what the configuration says is a change of it
    loaded_.origins["log.level"] = {config::Origin::Source::kAsked, "", 0, 0};
    shown_ = config::show(loaded_);
    logger_.set_level(level);
  }

  // ---- ConfigurationHolder
  void on_loading() override { service_manager_.reloading(); }

  void on_loaded(const config::Loaded& wanted) override {
    const config::Changes changes = config::take_over(loaded_, wanted);
    if (!changes.taken.empty()) use_options();
    shown_ = config::show(loaded_);
    ++configuration_.loads;
    configuration_.loaded_at = grants::format_timestamp(clock_.wall());
    configuration_.fault.clear();
    configuration_.need_restart = changes.need_restart;
    logger_.info("configuration_loaded")
        .str("changed", changes.taken.empty() ? "nothing" : text::joined(changes.taken));
    if (!changes.need_restart.empty())
      logger_.warn("configuration_needs_restart")
          .str("settings", text::joined(changes.need_restart))
          .str("detail", "they have changed; Postern needs a restart to work by them");
    service_manager_.ready(serving());
  }

  void on_refused(const std::vector<std::string>& faults) override {
    ++configuration_.refusals;
    configuration_.fault = faults.front();
    for (const std::string& fault : faults)
      logger_.error("configuration_refused").str("fault", fault).str("detail", "nothing changes");
    service_manager_.ready(serving());
  }

  // What keepers and the next connections read in options_ is there already.
  void use_options() {
    logger_.set_options(options_.log);
    relay_.set_options(options_.relay);
    server_.set_options(options_.server);
    upstreams_.set_options(options_.upstream);
    if (admin_) admin_->set_guard(options_.relay.guard);
    say_notices();
  }

  // On the watchdog's thread.
  void on_stall() {
    logger_.error("loop_stalled")
        .ms("longer_than_ms", options_.admin.max_stall)
        .str("detail", "no request is served meanwhile; a slow disk or too little CPU?");
  }

  // SIGHUP reads the configuration and the certificates anew, the others end it.
  void on_signal(int signal) {
    const bool is_reload = signal == SIGHUP && !hangup_ends_;
    if (is_reload && !ending_.has_begun()) {
      certificates_->reload();
      watch_->reload();
    }
    if (is_reload) return;
    watch_->stop();
    ending_.on_signal(signal);
  }

  config::Loaded loaded_;
  config::Options& options_ = loaded_.options;
  std::string shown_ = config::show(loaded_);
  ConfigurationSource source_;
  SystemClock clock_;
  log::Logger logger_;
  event::Loop loop_;
  ServiceManager service_manager_;
  grants::Registry registry_;
  Upstreams upstreams_;
  LoopTimers timers_;
  admin::Inspector inspector_;  // outlives the requests that it is told of
  Keepers keepers_;
  admin::RequestCounts request_counts_;
  relay::Relay relay_;
  std::unique_ptr<SharedLimits> shared_limits_;  // null: limits.share is off
  wire::Server server_;
  Listeners listeners_;
  config::RuntimeInfo runtime_{::getpid(), {}, {}};
  GrantConnector connector_{
      {loop_, options_, keepers_, relay_, timers_, clock_, logger_, runtime_}};
  std::optional<admin::Admin> admin_;
  std::unique_ptr<Fleet> fleet_;  // from start() on, as are the next; null: is alone
  std::optional<Certificates> certificates_;
  std::optional<ConfigurationWatch> watch_;
  const bool hangup_ends_ = has_terminal();  // before the signals are ours
  event::Signals signals_;
  event::Deadline look_around_;
  Ending ending_;
  std::optional<event::Watchdog> watchdog_;
  Instant started_ = clock_.now();
  admin::ConfigurationReport configuration_;
  std::vector<Notice> notices_;  // that have been said
};

}  // namespace

int serve(config::Loaded loaded, ConfigurationSource source) {
  harden_process();
  Application application(std::move(loaded), std::move(source), Inheritance());
  return application.run();
}

}  // namespace postern::runtime
