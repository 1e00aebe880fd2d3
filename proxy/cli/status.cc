#include "cli/status.h"

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

#include "admin/certificate_words.h"
#include "admin/grant_report.h"
#include "admin/token.h"
#include "admin/words.h"
#include "base/text.h"
#include "cli/admin_client.h"
#include "cli/fleet_status.h"
#include "cli/status_table.h"
#include "cli/watch.h"
#include "grants/remedy.h"

namespace postern::cli {
namespace {

using admin::GrantReport;
using admin::StatusReport;

constexpr Duration kPatience = std::chrono::seconds(5);

std::string end_of(const GrantReport& grant) {
  if (grant.expires_at.empty()) return grant.usable ? "never" : "";
  if (!grant.expires_in_s) return grant.expires_at;
  if (*grant.expires_in_s <= 0) return "has expired, " + grant.expires_at;
  return "in " + admin::span_words(*grant.expires_in_s) + ", " + grant.expires_at;
}

void append_grant(std::string& out, const GrantReport& grant) {
  out += printable(grant.name) + ": " + printable(grant.state) +
         (grant.needs_person ? ", needs a person" : "") + '\n';
  append_row(out, "kind", grant.kind);
  append_row(out, "user", admin::holder_words(grant));
  append_row(out, "organization",
             grant.organization +
                 (grant.organization_id.empty() ? "" : " (id " + grant.organization_id + ")"));
  append_row(out, "scopes", text::joined(grant.scopes));
  append_row(out, "expires", end_of(grant));
  append_row(out, "next refresh", grant.next_refresh);
  append_row(
      out, "last error",
      grant.last_error + (grant.last_error_at.empty() ? "" : " (" + grant.last_error_at + ")"));
  append_row(out, "store",
             grant.where + (grant.stored ? "" : " (not written yet: kept in memory)"));
}

void append_certificate(std::string& out, const admin::CertificateReport& certificate) {
  out += "TLS at " + printable(certificate.listener) + '\n';
  append_row(out, "for", admin::host_words(certificate));
  append_row(out, "file", certificate.file);
  append_row(out, "expires", admin::end_words(certificate.expires_in_s, certificate.expires_at));
  if (certificate.callers_expire_in_s)
    append_row(out, "callers until",
               admin::end_words(*certificate.callers_expire_in_s, certificate.callers_expire_at));
  append_row(out, "loaded", certificate.loaded_at);
  for (const std::string& trouble : admin::certificate_troubles(certificate))
    append_row(out, "look at", trouble, 600);
}

bool needs_person(const StatusReport& report) {
  return std::any_of(report.grants.begin(), report.grants.end(),
                     [](const GrantReport& grant) { return grant.needs_person; });
}

Result<StatusReport, AdminFailure> ask(const std::string& address) {
  auto answer = admin_call(address, "GET", "/api/status", "", kPatience);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200) {
    return tl::unexpected(AdminFailure{
        false, "the instance at " + address + " answered " + std::to_string(answer->status)});
  }
  auto report = admin::parse_status(answer->body);
  if (!report) return tl::unexpected(AdminFailure{false, address + ": " + report.error().what});
  return *report;
}

struct Sight {
  std::optional<StatusReport> report;  // nothing: the instance's answer cannot be used
  std::string note;                    // why, or where the report is from
};

Sight look(const config::Options& options, const Arguments& arguments, const Clock& clock) {
  auto report = ask(admin_address(options, arguments.admin));
  if (report) return {std::move(*report), ""};
  const std::string why = printable(report.error().what);
  // Without grants the configuration is not known, nor is the store.
  if (!report.error().is_absent || options.grants.empty()) return {std::nullopt, why};
  return {read_stored_status(options, clock.wall()), why + "; this is what the store says"};
}

// Where a browser finds the page. Whoever may read the token's file gets it with the token, which
// the page needs once; that is for a person, and so in no document.
std::string page_line(const config::Options& options, const Arguments& arguments) {
  const std::string address = admin_address(options, arguments.admin);
  if (address.empty() || address.starts_with("unix:")) return {};
  const std::string page = "page: http://" + address + "/";
  if (options.admin.read_only || options.admin.token_file.empty()) return page + '\n';
  const auto token = admin::read_token(options.admin.token_file);
  if (!token) return page + " (shows only: " + printable(token.error().what) + ")\n";
  return page + "?token=" + std::string(token->reveal()) + '\n';
}

// A table for somebody who looks; and for what colours are passed on to, a pager say.
std::string words_of(const StatusReport& report, const Arguments& arguments,
                     const Context& context) {
  if (!context.terminal && arguments.color != ColorWhen::kAlways) return describe(report);
  return status_table(report, make_style(arguments.color, context));
}

}  // namespace

std::string describe(const admin::StatusReport& report) {
  std::string out;
  if (report.running) {
    out += "postern " + printable(report.version) + " runs as process " +
           std::to_string(report.pid) + " for " + admin::span_words(report.uptime_s) +
           (report.ready ? ", ready" : ", not ready") + "\n";
  }
  if (report.cache) out += cache_line(*report.cache) + "\n";
  if (report.share) out += share_line(*report.share) + "\n";
  append_row(out, "store fault", report.store_fault);
  append_row(out, "not in force", report.configuration.fault);
  append_row(out, "restart for", text::joined(report.configuration.need_restart));
  for (const GrantReport& grant : report.grants) append_grant(out, grant);
  for (const admin::CertificateReport& one : report.certificates) append_certificate(out, one);
  return out;
}

int status(const config::Options& options, const Arguments& arguments, const Clock& clock,
           Context& context) {
  if (arguments.fleet) return fleet_status(options, arguments, context);
  if (arguments.watch) {
    watch(context, [&] {
      const Sight sight = look(options, arguments, clock);
      const std::string note = sight.note.empty() ? "" : sight.note + '\n';
      return note + (sight.report ? words_of(*sight.report, arguments, context) : "");
    });
    return kDone;
  }
  const Sight sight = look(options, arguments, clock);
  if (!sight.note.empty()) context.err << sight.note << '\n';
  if (!sight.report) return kFailed;
  context.out << (arguments.json ? admin::format_status(*sight.report) + "\n"
                                 : words_of(*sight.report, arguments, context));
  if (!arguments.json && sight.report->running) context.out << page_line(options, arguments);
  return needs_person(*sight.report) ? kFailed : kDone;
}

}  // namespace postern::cli
