#include "runtime/certificates.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "admin/certificate_words.h"
#include "base/file_mark.h"
#include "grants/timestamp.h"
#include "wire/tls_server.h"

namespace postern::runtime {
namespace {

// Moves when one of the files does.
std::string mark_of_files(const wire::ListenTlsOptions& files) {
  std::string mark;
  for (const std::string* file : {&files.certificate_file, &files.key_file, &files.client_ca_file})
    if (!file->empty()) mark += file_mark(*file) + "; ";
  return mark;
}

// "2027-01-31T12:00:00Z": certificates know no smaller part.
std::string date_of(WallTime when) {
  constexpr size_t kToTheSecond = 19;
  return grants::format_timestamp(when).substr(0, kToTheSecond) + "Z";
}

int64_t seconds_until(WallTime when, WallTime now) {
  return std::chrono::floor<std::chrono::seconds>(when - now).count();
}

// The next to end; when all have ended, the last that did. Nothing: there are none.
std::optional<WallTime> next_end(const std::vector<WallTime>& ends, WallTime now) {
  if (ends.empty()) return std::nullopt;
  const auto next = std::upper_bound(ends.begin(), ends.end(), now);
  return next == ends.end() ? ends.back() : *next;
}

std::optional<Notice> notice_of_end(std::string setting, std::string_view refuser, WallTime end,
                                    WallTime now) {
  const admin::Validity validity = admin::validity_of(seconds_until(end, now));
  if (validity == admin::Validity::kGood) return std::nullopt;
  const bool is_over = validity == admin::Validity::kOver;
  return Notice{log::Level::kWarn, is_over ? "certificate_expired" : "certificate_expires",
                std::move(setting),
                (is_over ? "has expired, and " + std::string(refuser) : "expires soon") + ": " +
                    date_of(end)};
}

bool can_be_read(const wire::ListenTlsOptions& tls) {
  return tls.is_on() && !tls.key_file.empty();
}

}  // namespace

std::vector<config::Remark> certificate_faults(const config::Options& options) {
  std::vector<config::Remark> remarks;
  for (size_t i = 0; i < options.listen.size(); ++i) {
    if (!can_be_read(options.listen[i].tls)) continue;  // what is missing has been told
    const auto made = wire::TlsServer::make(options.listen[i].tls);
    if (!made) remarks.push_back({"listen[" + std::to_string(i) + "].tls", made.error().what});
  }
  return remarks;
}

std::vector<Notice> certificate_notices(const config::Options& options, WallTime now) {
  std::vector<Notice> notices;
  for (size_t i = 0; i < options.listen.size(); ++i) {
    const wire::ListenTlsOptions& tls = options.listen[i].tls;
    if (!can_be_read(tls)) continue;
    const auto made = wire::TlsServer::make(tls);
    if (!made) continue;
    const std::string setting = "listen[" + std::to_string(i) + "].tls.";
    if (auto notice = notice_of_end(setting + "certificate_file: " + tls.certificate_file,
                                    "callers refuse it", (*made)->expires(), now))
      notices.push_back(std::move(*notice));
    const auto end = next_end((*made)->authority_ends(), now);
    if (!end) continue;
    if (auto notice = notice_of_end(setting + "client_ca_file: " + tls.client_ca_file,
                                    "nobody is let in", *end, now))
      notices.push_back(std::move(*notice));
  }
  return notices;
}

Certificates::Certificates(const CertificateTools& tools,
                           const std::vector<wire::ListenOptions>& listen)
    : tools_(tools) {
  for (const wire::ListenOptions& one : listen)
    if (one.tls.is_on()) marks_.emplace_back(one.tls, mark_of_files(one.tls));
}

std::string Certificates::mark_of(const wire::ListenTlsOptions& files) const {
  for (const auto& [known, mark] : marks_)
    if (known == files) return mark;
  return {};
}

void Certificates::watch() {
  for (const wire::CertificateInUse& one : tools_.server.certificates()) {
    Watched& watched = *watched_.emplace_back(std::make_unique<Watched>());
    watched.address = one.address;
    watched.file = one.files.certificate_file;
    CertificateSource source{mark_of(one.files),
                             [files = one.files] { return mark_of_files(files); },
                             [files = one.files] { return wire::TlsServer::make(files); }};
    watched.watch.emplace(
        std::move(source), tools_.background, tools_.timers, tools_.clock,
        [this, &watched](const CertificateReading& reading) { on_read(watched, reading); });
    watched.watch->start();
  }
}

void Certificates::reload() {
  for (auto& watched : watched_) watched->watch->reload();
}

void Certificates::on_read(Watched& watched, const CertificateReading& reading) {
  watched.fault = reading ? "" : reading.error().what;
  if (!reading) {
    tools_.logger.error("certificate_refused")
        .str("listener", watched.address)
        .str("reason", reading.error().what)
        .str("detail", "the one that was read before serves on");
    return;
  }
  watched.read_at = tools_.clock.wall();
  tools_.server.use(watched.address, *reading);
  tools_.logger.info("certificate_loaded")
      .str("listener", watched.address)
      .str("file", watched.file)
      .str("expires", date_of((*reading)->expires()));
}

std::vector<admin::CertificateFigures> Certificates::figures() const {
  std::vector<admin::CertificateFigures> all;
  const WallTime now = tools_.clock.wall();
  for (const wire::CertificateInUse& one : tools_.server.certificates()) {
    admin::CertificateFigures figures{one.address, 0, false, one.handshakes};
    figures.expires_in_s = seconds_until(one.tls->expires(), now);
    if (const auto end = next_end(one.tls->authority_ends(), now))
      figures.callers_expire_in_s = seconds_until(*end, now);
    const Watched* watched = find(one.address);
    figures.is_faulty = watched != nullptr && !watched->fault.empty();
    all.push_back(std::move(figures));
  }
  return all;
}

std::vector<admin::CertificateReport> Certificates::reports() const {
  std::vector<admin::CertificateReport> all;
  const WallTime now = tools_.clock.wall();
  for (const wire::CertificateInUse& one : tools_.server.certificates()) {
    admin::CertificateReport report;
    report.listener = one.address;
    report.file = one.files.certificate_file;
    report.names = one.tls->names();
    report.expires_at = date_of(one.tls->expires());
    report.expires_in_s = seconds_until(one.tls->expires(), now);
    if (const auto end = next_end(one.tls->authority_ends(), now)) {
      report.callers_expire_at = date_of(*end);
      report.callers_expire_in_s = seconds_until(*end, now);
    }
    if (const Watched* watched = find(one.address)) {
      report.fault = watched->fault;
      if (watched->read_at) report.loaded_at = date_of(*watched->read_at);
    }
    all.push_back(std::move(report));
  }
  return all;
}

const Certificates::Watched* Certificates::find(const std::string& address) const {
  for (const auto& watched : watched_)
    if (watched->address == address) return watched.get();
  return nullptr;
}

}  // namespace postern::runtime
