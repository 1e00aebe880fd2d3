#include "runtime/certificates.h"

#include <chrono>

#include "config/text_file.h"
#include "grants/timestamp.h"
#include "wire/tls_server.h"

namespace postern::runtime {
namespace {

constexpr Duration kSoon = std::chrono::hours(24 * 7);

// Moves when one of the files does.
std::string mark_of_files(const wire::ListenTlsOptions& files) {
  std::string mark;
  for (const std::string* file : {&files.certificate_file, &files.key_file, &files.client_ca_file})
    if (!file->empty()) mark += config::file_mark(*file) + "; ";
  return mark;
}

// "2027-01-31T12:00:00Z": certificates know no smaller part.
std::string date_of(WallTime when) {
  constexpr size_t kToTheSecond = 19;
  return grants::format_timestamp(when).substr(0, kToTheSecond) + "Z";
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
    if (!made || (*made)->expires() - now > kSoon) continue;
    const bool is_over = (*made)->expires() <= now;
    notices.push_back(
        {log::Level::kWarn, is_over ? "certificate_expired" : "certificate_expires",
         "listen[" + std::to_string(i) + "].tls.certificate_file: " + tls.certificate_file,
         (is_over ? "has expired, and callers refuse it: " : "expires soon: ") +
             date_of((*made)->expires())});
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
  watched.is_faulty = !reading;
  if (!reading) {
    tools_.logger.error("certificate_refused")
        .str("listener", watched.address)
        .str("reason", reading.error().what)
        .str("detail", "the one that was read before serves on");
    return;
  }
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
    figures.expires_in_s = std::chrono::floor<std::chrono::seconds>(one.expires - now).count();
    for (const auto& watched : watched_)
      if (watched->address == one.address) figures.is_faulty = watched->is_faulty;
    all.push_back(std::move(figures));
  }
  return all;
}

}  // namespace postern::runtime
