#include "runtime/certificates.h"

#include <chrono>

#include "base/file_mark.h"
#include "runtime/certificate_times.h"
#include "wire/tls_server.h"

namespace postern::runtime {
namespace {

constexpr Duration kBetweenJudgements = std::chrono::seconds(1);

// Moves when one of the files does.
std::string mark_of_files(const wire::ListenTlsOptions& files) {
  std::string mark;
  for (const std::string* file : {&files.certificate_file, &files.key_file, &files.client_ca_file})
    if (!file->empty()) mark += file_mark(*file) + "; ";
  return mark;
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
    const std::string prefix = "listen[" + std::to_string(i) + "].tls.";
    for (Notice& notice : notices_of_times(prefix, tls, times_of(**made), now))
      notices.push_back(std::move(notice));
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
    watched.files = one.files;
    watched.judge_again = tools_.timers.make([this, &watched] { judge(watched); });
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
  watched.offered = reading ? *reading : nullptr;
  watched.judge_again->clear();
  watched.fault.clear();
  if (!reading) return refuse(watched, reading.error().what);
  judge(watched);
}

// What has been read is not thrown away for its time: that comes, or the clock is put right.
void Certificates::judge(Watched& watched) {
  const auto in_use = in_use_at(watched.address);
  const WallTime now = tools_.clock.wall();
  const auto fault = replacement_fault(in_use->valid(), watched.offered->valid(),
                                       watched.files.certificate_file, now);
  if (!fault) return take(watched, *in_use);
  if (watched.fault.empty()) refuse(watched, *fault);
  watched.judge_again->set(tools_.clock.now() + kBetweenJudgements);
}

void Certificates::refuse(Watched& watched, const std::string& why) {
  watched.fault = why;
  tools_.logger.error("certificate_refused")
      .str("listener", watched.address)
      .str("reason", why)
      .str("detail", "what was read before serves on, its client_ca_file included");
}

void Certificates::take(Watched& watched, const wire::TlsServer& former) {
  const std::shared_ptr<const wire::TlsServer> tls = std::move(watched.offered);
  const WallTime now = tools_.clock.wall();
  watched.fault.clear();
  watched.read_at = now;
  {
    log::Line line = tools_.logger.info("certificate_loaded");
    line.str("listener", watched.address);
    const bool has_other_authorities = !tls->trusts_as(former);
    if (!has_other_authorities || !tls->shows_as(former))
      line.str("file", watched.files.certificate_file).str("expires", date_of(tls->expires()));
    if (const auto end = next_end(tls->authority_ends(), now); end && has_other_authorities)
      line.str("client_ca_file", watched.files.client_ca_file).str("callers_expire", date_of(*end));
  }
  for (const Notice& notice : notices_of_times("tls.", watched.files, times_of(*tls), now)) {
    if (notice.level != log::Level::kError) continue;  // what ends soon has its metric
    tools_.logger.error(notice.event)
        .str("listener", watched.address)
        .str("setting", notice.setting)
        .str("detail", notice.detail);
  }
  tools_.server.use(watched.address, tls);
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

std::shared_ptr<const wire::TlsServer> Certificates::in_use_at(const std::string& address) const {
  for (wire::CertificateInUse& one : tools_.server.certificates())
    if (one.address == address) return std::move(one.tls);
  return nullptr;
}

const Certificates::Watched* Certificates::find(const std::string& address) const {
  for (const auto& watched : watched_)
    if (watched->address == address) return watched.get();
  return nullptr;
}

}  // namespace postern::runtime
