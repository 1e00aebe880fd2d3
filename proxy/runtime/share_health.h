// ShareHealth: does whoever keeps the shared limits answer? Says so in the log when that becomes
// news, and keeps the figures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "admin/status_report.h"
#include "base/clock.h"
#include "base/log.h"

namespace postern::runtime {

// A restart of Redis is over before it is news; who asks nothing hears no news either. Loop thread;
// clock and logger must outlive it.
class ShareHealth final {
 public:
  ShareHealth(const Clock& clock, log::Logger& logger) : clock_(clock), logger_(logger) {}

  // An answer to what was asked then. One that comes too late for the limits is as bad as none.
  void on_answer(Instant asked);
  void on_replicas(int64_t replicas);  // that have asked lately
  void on_listed(int64_t replicas);    // that are known to be there
  void on_failure(Instant asked, std::string_view why);

  const admin::ShareReport& report() const { return report_; }

 private:
  void on_trouble(Instant asked, std::string why);

  const Clock& clock_;
  log::Logger& logger_;
  admin::ShareReport report_;
  int64_t asking_ = 0;
  int64_t listed_ = 0;
  std::optional<Instant> since_;  // of the trouble
  bool is_told_ = false;          // in the log
};

}  // namespace postern::runtime
