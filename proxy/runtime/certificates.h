// Certificates: those that the listeners show, kept as new as their files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/metrics_snapshot.h"
#include "admin/status_report.h"
#include "base/background.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "config/load.h"
#include "runtime/certificate_watch.h"
#include "runtime/notices.h"
#include "wire/server.h"

namespace postern::runtime {

// What cannot be served with, for config::load: a file that is not there, a key of another
// certificate. Reads files; any thread.
std::vector<config::Remark> certificate_faults(const config::Options& options);

// Those that callers refuse, and that are served all the same, or will soon be. Reads files; any
// thread.
std::vector<Notice> certificate_notices(const config::Options& options, WallTime now);

struct CertificateTools {
  wire::Server& server;
  log::Logger& logger;
  Background& background;
  Timers& timers;
  const Clock& clock;
};

// Loop thread; all tools must outlive it.
class Certificates final {
 public:
  // To be made before the server listens: a file that changes afterwards is read again.
  Certificates(const CertificateTools& tools, const std::vector<wire::ListenOptions>& listen);

  void watch();   // those of the listeners that there are now
  void reload();  // at once

  std::vector<admin::CertificateFigures> figures() const;
  std::vector<admin::CertificateReport> reports() const;

 private:
  struct Watched {
    std::string address;  // of the listener, as bound
    wire::ListenTlsOptions files;
    std::string fault;                               // of the last reading
    std::shared_ptr<const wire::TlsServer> offered;  // by it, and not in use
    std::unique_ptr<Timer> judge_again;
    std::optional<WallTime> read_at;  // what is in use; nothing: at the start
    std::optional<CertificateWatch> watch;
  };
  const Watched* find(const std::string& address) const;
  std::string mark_of(const wire::ListenTlsOptions& files) const;
  std::shared_ptr<const wire::TlsServer> in_use_at(const std::string& address) const;
  void on_read(Watched& watched, const CertificateReading& reading);
  void judge(Watched& watched);
  void refuse(Watched& watched, const std::string& why);
  void take(Watched& watched, const wire::TlsServer& former);

  CertificateTools tools_;
  std::vector<std::pair<wire::ListenTlsOptions, std::string>> marks_;  // before they were read
  std::vector<std::unique_ptr<Watched>> watched_;
};

}  // namespace postern::runtime
