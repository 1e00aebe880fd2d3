// Judgements about when certificates are valid: what to tell of it, and whether new ones are better
// than those in use. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "runtime/notices.h"
#include "wire/options.h"
#include "wire/tls_server.h"

namespace postern::runtime {

// "2027-01-31T12:00:00Z": certificates know no smaller part.
std::string date_of(WallTime when);
int64_t seconds_until(WallTime when, WallTime now);
// The next to end; when all have ended, the last that did. Nothing: there are none.
std::optional<WallTime> next_end(const std::vector<WallTime>& ends, WallTime now);

struct CertificateTimes {
  wire::ValidTime own;                   // of what is shown
  std::vector<WallTime> authority_ends;  // of callers, the first to end first
};
CertificateTimes times_of(const wire::TlsServer& tls);

// What has expired, is not valid yet or expires soon. `prefix` is that of the setting,
// "listen[0].tls.". An error: callers cannot come in.
std::vector<Notice> notices_of_times(const std::string& prefix, const wire::ListenTlsOptions& files,
                                     const CertificateTimes& times, WallTime now);

// Why what `file` holds must not take the place of what is in use: callers would refuse it, and do
// not refuse that one. Nothing: it may.
std::optional<std::string> replacement_fault(const wire::ValidTime& in_use,
                                             const wire::ValidTime& offered,
                                             const std::string& file, WallTime now);

}  // namespace postern::runtime
