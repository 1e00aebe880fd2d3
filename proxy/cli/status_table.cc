#include "cli/status_table.h"

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "admin/certificate_words.h"
#include "admin/grant_report.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/table.h"

namespace postern::cli {
namespace {

using admin::GrantReport;
using admin::StatusReport;
using relay::BucketView;

constexpr size_t kMostLimits = 8;  // lines

Ink ink_of(const GrantReport& grant) {
  if (grant.needs_person || !grant.usable) return Ink::kBad;
  return grant.state == "fresh" && grant.stored ? Ink::kGood : Ink::kUneasy;
}

std::string expiry(const GrantReport& grant) {
  if (grant.expires_in_s) return in_words(*grant.expires_in_s);
  if (!grant.expires_at.empty()) return printable(grant.expires_at);
  return grant.usable ? "never" : "";
}

void add_grant(Table& table, const GrantReport& grant) {
  const std::string state = grant.state + (grant.needs_person ? ", needs a person" : "");
  table.add({{printable(grant.name), Ink::kBold},
             {printable(state), ink_of(grant)},
             {expiry(grant)},
             {printable(grant.organization)},
             {printable(admin::holder_words(grant))}});
  if (!grant.stored) table.add_note("not written yet: kept in memory", Ink::kUneasy);
  const std::string_view error = admin::error_alone(grant);
  if (!error.empty()) table.add_note(printable(error, 600), Ink::kPlain);
  if (!grant.remedy.empty()) table.add_note(printable(grant.remedy, 600), Ink::kBold);
}

std::string of_all(int64_t part, const std::optional<int64_t>& all) {
  return std::to_string(part) + (all ? " of " + std::to_string(*all) : "");
}

void add_limit(Table& table, const BucketView& limit) {
  const std::string left = limit.remaining ? of_all(*limit.remaining, limit.limit) : "";
  const bool is_waited_for = limit.queued > 0;
  const auto oldest =
      std::chrono::duration_cast<std::chrono::milliseconds>(limit.oldest_wait).count();
  table.add({{printable(limit.user + ", " + limit.group + ", " + limit.host)},
             {left},
             {of_all(limit.in_flight, limit.concurrent_limit)},
             {std::to_string(limit.queued), is_waited_for ? Ink::kUneasy : Ink::kPlain},
             {is_waited_for ? "longest " + std::to_string(oldest) + " ms" : ""}});
}

Ink ink_of(int64_t seconds_left) {
  switch (admin::validity_of(seconds_left)) {
    case admin::Validity::kGood:
      return Ink::kGood;
    case admin::Validity::kEndsSoon:
      return Ink::kUneasy;
    case admin::Validity::kOver:
      return Ink::kBad;
  }
  return Ink::kPlain;
}

void add_certificate(Table& table, const admin::CertificateReport& certificate) {
  const std::optional<int64_t>& callers = certificate.callers_expire_in_s;
  table.add({{printable(certificate.listener)},
             {printable(admin::host_words(certificate))},
             {in_words(certificate.expires_in_s), ink_of(certificate.expires_in_s)},
             {callers ? in_words(*callers) : "not asked for", callers ? ink_of(*callers) : Ink()}});
  for (const std::string& trouble : admin::certificate_troubles(certificate))
    table.add_note(printable(trouble, 600), Ink::kUneasy);
}

std::string instance_of(const StatusReport& report, const Style& style) {
  if (!report.running) return style.paint(Ink::kBad, "not running");
  const std::string state = report.draining ? "ending" : report.ready ? "ready" : "not ready";
  std::string since = in_words(-report.uptime_s);
  if (since.ends_with(" ago")) since.resize(since.size() - 4);
  return "postern " + printable(report.version) + ", process " + std::to_string(report.pid) +
         ", up " + since + ": " + style.paint(report.ready ? Ink::kGood : Ink::kBad, state);
}

void append_fault(std::string& out, std::string_view what, std::string_view fault,
                  const Style& style) {
  if (!fault.empty()) out += style.paint(Ink::kUneasy, what) + printable(fault, 600) + '\n';
}

// What is wrong with it as a whole.
void append_faults(std::string& out, const StatusReport& report, const Style& style) {
  append_fault(out, "the store cannot be written: ", report.store_fault, style);
  append_fault(out, "the changed configuration is not in force: ", report.configuration.fault,
               style);
  append_fault(
      out, "changed, but need a restart: ", text::joined(report.configuration.need_restart), style);
}

}  // namespace

std::string cache_line(const admin::CacheReport& cache) {
  return "cache: on, " + std::to_string(cache.answers) + " answers, " +
         text::format_size(cache.bytes) + " of " + text::format_size(cache.max_bytes) + "; " +
         std::to_string(cache.hits) + " hits, " + std::to_string(cache.coalesced) + " shared, " +
         std::to_string(cache.misses) + " misses";
}

std::string share_line(const admin::ShareReport& share) {
  const std::string all = std::to_string(share.replicas);
  if (share.replicas == 0 && share.fault.empty()) return "limits: shared; nothing was asked yet";
  if (share.fault.empty())
    return "limits: shared by " + all + (share.replicas == 1 ? " Postern" : " Posterns");
  return "limits: not shared now, an equal part " +
         (share.replicas == 0 ? std::string() : "for each of " + all + " ") +
         "instead: " + printable(share.fault, 600);
}

std::string in_words(int64_t seconds) {
  constexpr std::array<std::pair<int64_t, const char*>, 4> kUnits{
      {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}};
  const int64_t size = std::abs(seconds);
  for (const auto& [unit, name] : kUnits) {
    if (size < unit && unit > 1) continue;
    const int64_t count = size / unit;
    const std::string words = std::to_string(count) + ' ' + name + (count == 1 ? "" : "s");
    return seconds > 0 ? "in " + words : words + " ago";
  }
  return {};
}

std::string status_table(const StatusReport& report, const Style& style) {
  std::string out = instance_of(report, style) + '\n';
  if (!report.listen.empty()) out += "listens on " + printable(text::joined(report.listen)) + '\n';
  if (report.cache) out += cache_line(*report.cache) + '\n';
  if (report.share) out += share_line(*report.share) + '\n';
  append_faults(out, report, style);
  Table grants({"GRANT", "STATE", "EXPIRES", "ORGANIZATION", "USER"});
  for (const GrantReport& grant : report.grants) add_grant(grants, grant);
  out += '\n' + grants.text(style);
  if (!report.certificates.empty()) {
    Table certificates({"TLS AT", "FOR", "EXPIRES", "CALLERS' AUTHORITY"});
    for (const admin::CertificateReport& one : report.certificates)
      add_certificate(certificates, one);
    out += '\n' + certificates.text(style);
  }
  if (report.limits.empty()) return out;
  Table limits({"LIMIT", "LEFT", "IN FLIGHT", "WAITING", ""});
  for (size_t i = 0; i < report.limits.size() && i < kMostLimits; ++i)
    add_limit(limits, report.limits[i]);
  return out + '\n' + limits.text(style);
}

}  // namespace postern::cli
