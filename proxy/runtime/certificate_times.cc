#include "runtime/certificate_times.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "admin/certificate_words.h"
#include "grants/timestamp.h"

namespace postern::runtime {
namespace {

std::optional<Notice> notice_of_end(std::string setting, std::string_view refuser, WallTime end,
                                    WallTime now) {
  switch (admin::validity_of(seconds_until(end, now))) {
    case admin::Validity::kGood:
      return std::nullopt;
    case admin::Validity::kEndsSoon:
      return Notice{log::Level::kWarn, "certificate_expires", std::move(setting),
                    "expires soon: " + date_of(end)};
    case admin::Validity::kOver:
      break;
  }
  return Notice{log::Level::kError, "certificate_expired", std::move(setting),
                "has expired, and " + std::string(refuser) + ": " + date_of(end)};
}

}  // namespace

std::string date_of(WallTime when) {
  constexpr size_t kToTheSecond = 19;
  return grants::format_timestamp(when).substr(0, kToTheSecond) + "Z";
}

int64_t seconds_until(WallTime when, WallTime now) {
  return std::chrono::floor<std::chrono::seconds>(when - now).count();
}

std::optional<WallTime> next_end(const std::vector<WallTime>& ends, WallTime now) {
  if (ends.empty()) return std::nullopt;
  const auto next = std::upper_bound(ends.begin(), ends.end(), now);
  return next == ends.end() ? ends.back() : *next;
}

CertificateTimes times_of(const wire::TlsServer& tls) {
  return {tls.valid(), tls.authority_ends()};
}

std::vector<Notice> notices_of_times(const std::string& prefix, const wire::ListenTlsOptions& files,
                                     const CertificateTimes& times, WallTime now) {
  std::vector<Notice> notices;
  const std::string own = prefix + "certificate_file: " + files.certificate_file;
  if (now < times.own.from)
    notices.push_back(
        {log::Level::kError, "certificate_not_yet_valid", own,
         "is not valid yet, and callers refuse it: before " + date_of(times.own.from)});
  if (auto notice = notice_of_end(own, "callers refuse it", times.own.until, now))
    notices.push_back(std::move(*notice));
  const auto end = next_end(times.authority_ends, now);
  if (!end) return notices;
  if (auto notice = notice_of_end(prefix + "client_ca_file: " + files.client_ca_file,
                                  "nobody is let in", *end, now))
    notices.push_back(std::move(*notice));
  return notices;
}

std::optional<std::string> replacement_fault(const wire::ValidTime& in_use,
                                             const wire::ValidTime& offered,
                                             const std::string& file, WallTime now) {
  if (offered.contains(now) || !in_use.contains(now)) return std::nullopt;
  const bool is_early = now < offered.from;
  return "the certificate in " + file +
         (is_early ? " is not valid before " + date_of(offered.from)
                   : " has expired (" + date_of(offered.until) + ")") +
         ", and the one in use is good until " + date_of(in_use.until);
}

}  // namespace postern::runtime
