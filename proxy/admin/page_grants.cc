// The parts that say how things stand: the summary and the grants.
#include <algorithm>
#include <optional>

#include "admin/certificate_words.h"
#include "admin/grant_report.h"
#include "admin/html.h"
#include "admin/page_parts.h"
#include "admin/plot.h"
#include "admin/scope_tree.h"
#include "admin/words.h"
#include "base/text.h"
#include "grants/timestamp.h"

namespace postern::admin {
namespace {

constexpr std::string_view kRun = "run: ";
constexpr std::string_view kLogin = "run: postern login";

std::string pill_of(const GrantReport& grant) {
  if (grant.needs_person) return pill("bad", grant.state + ", needs a person");
  if (!grant.usable) return pill("bad", grant.state);
  return pill(grant.stored ? "good" : "warn", grant.stored ? grant.state : "not stored");
}

// "in 3d 2h (2026-11-25 12:00 UTC)".
std::string moment(std::optional<int64_t> in_seconds, const std::string& timestamp) {
  if (timestamp.empty()) return {};
  std::string at = timestamp.substr(0, 16);
  std::replace(at.begin(), at.end(), 'T', ' ');
  at += " UTC";
  if (!in_seconds) return at;
  return (*in_seconds <= 0 ? "now" : "in " + span_words(*in_seconds)) + " (" + at + ")";
}

// Of a certificate: "expires in 3d 2h (2026-11-25 12:00 UTC)".
std::string validity(int64_t in_seconds, const std::string& timestamp) {
  if (in_seconds <= 0) return "has expired (" + moment(std::nullopt, timestamp) + ")";
  return "expires " + moment(in_seconds, timestamp);
}

std::optional<int64_t> next_refresh_in(const GrantReport& grant) {
  const auto expires = grants::parse_timestamp(grant.expires_at);
  const auto next = grants::parse_timestamp(grant.next_refresh);
  if (!expires || !next || !grant.expires_in_s) return std::nullopt;
  return *grant.expires_in_s - std::chrono::floor<std::chrono::seconds>(*expires - *next).count();
}

void append_expiry(std::string& out, const GrantReport& grant) {
  if (grant.expires_at.empty()) {
    if (grant.usable) out += "<p class=\"expiry\">The token does not expire.</p>";
    return;
  }
  if (grant.needs_person) return;  // whatever its clock says
  const int64_t left = grant.expires_in_s.value_or(0);
  const bool is_over = left <= 0;
  out += "<div class=\"expiry\"><p>" +
         html(is_over ? "The token has expired" : "The token is good for " + span_words(left));
  if (grant.lifetime_s) out += " <small>of " + html(span_words(*grant.lifetime_s)) + "</small>";
  out += "</p>";
  const int64_t whole = grant.lifetime_s.value_or(left);
  append_gauge(out, left, whole, left * 10 < whole ? "warn" : "good");
  out += "</div>";
}

// What is to be run stands by itself, so that it can be copied.
void append_remedy(std::string& out, const GrantReport& grant) {
  std::string_view remedy = grant.remedy;
  if (remedy.empty()) return;
  const bool is_login = remedy.starts_with(kLogin) && grant.kind == "oauth";
  out += "<p class=\"remedy\">What to do: ";
  if (is_login) out += "<a href=\"#connect\">connect it again on this page</a>, or ";
  if (!remedy.starts_with(kRun)) {
    out += html(remedy) + "</p>";
    return;
  }
  out += "run <code>" + html(remedy.substr(kRun.size())) + "</code></p>";
}

void append_trouble(std::string& out, const GrantReport& grant) {
  if (grant.last_error.empty() && grant.remedy.empty()) return;
  out += "<div class=\"trouble\">";
  if (const std::string_view error = error_alone(grant); !error.empty()) {
    out += "<p><strong>Last error</strong>";
    if (!grant.last_error_at.empty())
      out += " <small>" + html(moment(std::nullopt, grant.last_error_at)) + "</small>";
    out += "<br>" + html(error) + "</p>";
  }
  append_remedy(out, grant);
  out += "</div>";
}

std::string_view words_of(Hold hold) {
  switch (hold) {
    case Hold::kNone:
      return "not granted";
    case Hold::kContained:
      return "contained in a wider scope";
    case Hold::kGiven:
      return "granted";
  }
  return {};
}

std::string_view class_of(Hold hold) {
  if (hold == Hold::kNone) return "none";
  return hold == Hold::kGiven ? "given" : "contained";
}

void append_level(std::string& out, const ScopeLevel& level) {
  const std::string_view name = level.name.empty() ? "yes" : std::string_view(level.name);
  out += "<li class=\"" + std::string(class_of(level.hold)) + "\">" + html(name) +
         "<span class=\"unseen\">, " + std::string(words_of(level.hold)) + "</span></li>";
}

void append_scopes(std::string& out, const GrantReport& grant) {
  if (grant.scopes.empty()) {
    out += "<p class=\"quiet\">Its scopes are not known.</p>";
    return;
  }
  out += "<h4>Scopes</h4><ul class=\"scopes\">";
  for (const ScopeBranch& branch : scope_tree(grant.scopes)) {
    out += "<li><span>" + html(branch.subject) + "</span><ul>";
    for (const ScopeLevel& level : branch.levels) append_level(out, level);
    out += "</ul></li>";
  }
  out += "</ul>";
}

void append_grant(std::string& out, const GrantReport& grant, size_t place) {
  const std::string id = "grant-" + std::to_string(place);
  out += "<article class=\"card\" aria-labelledby=\"" + id + "\"><header><h3 id=\"" + id +
         "\"><bdi>" + html(grant.name) + "</bdi></h3>" + pill_of(grant) + "</header>";
  append_expiry(out, grant);
  append_trouble(out, grant);
  out += "<dl>";
  append_fact(out, "Organization",
              grant.organization +
                  (grant.organization_id.empty() ? "" : " (id " + grant.organization_id + ")"));
  append_fact(out, "User", holder_words(grant));
  append_fact(out, "Next refresh", moment(next_refresh_in(grant), grant.next_refresh));
  append_fact(out, "Refreshed", count_words(grant.refreshes, "time") + " since the start");
  append_fact(out, "Kind", grant.kind + (grant.required ? "" : ", not required"));
  append_fact(out, "Store", grant.where);
  out += "</dl>";
  append_scopes(out, grant);
  out += "</article>";
}

// What is wrong with the whole rather than with a grant.
void append_warnings(std::string& out, const StatusReport& report) {
  const auto say = [&out](std::string_view what, std::string_view words) {
    out += "<div class=\"trouble\"><p><strong>" + html(what) + "</strong><br>" + html(words) +
           "</p></div>";
  };
  if (!report.store_fault.empty()) say("The store cannot be written", report.store_fault);
  const ConfigurationReport& configuration = report.configuration;
  if (!configuration.fault.empty())
    say("The configuration has changed and has a fault, so nothing of it is in force",
        configuration.fault);
  if (!configuration.need_restart.empty())
    say("These settings have changed and need a restart", text::joined(configuration.need_restart));
  for (const CertificateReport& certificate : report.certificates)
    for (const std::string& trouble : certificate_troubles(certificate))
      say("Certificates", trouble);
}

// "gateway.example, in 89d (2026-11-25 12:00 UTC)".
void append_certificate(std::string& out, const CertificateReport& certificate) {
  append_fact(
      out, "Certificate of " + certificate.listener,
      host_words(certificate) + ", " + validity(certificate.expires_in_s, certificate.expires_at));
  if (certificate.callers_expire_in_s)
    append_fact(out, "Authority of its callers",
                validity(*certificate.callers_expire_in_s, certificate.callers_expire_at));
  append_fact(out, "Loaded", moment(std::nullopt, certificate.loaded_at));
}

}  // namespace

std::string pill(std::string_view kind, std::string_view words) {
  return "<span class=\"pill " + std::string(kind) + "\">" + html(words) + "</span>";
}

void append_fact(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += "<div><dt>" + html(name) + "</dt><dd><bdi>" + html(value) + "</bdi></dd></div>";
}

void append_summary(std::string& out, const StatusReport& report) {
  const std::string_view kind = report.draining ? "warn" : report.ready ? "good" : "bad";
  const std::string_view words = report.draining ? "Draining"
                                 : report.ready  ? "Ready"
                                                 : "Not ready";
  out += "<p class=\"state\">" + pill(kind, words) + "</p><dl class=\"facts\" data-process=\"" +
         std::to_string(report.pid) + "\">";
  append_fact(out, "Version", report.version);
  append_fact(out, "Process", std::to_string(report.pid));
  append_fact(out, "Running for", span_words(report.uptime_s));
  for (const std::string& address : report.listen) append_fact(out, "Listens on", address);
  append_fact(out, "Log level", report.log_level);
  if (!report.configuration.loaded_at.empty())
    append_fact(out, "Configured", moment(std::nullopt, report.configuration.loaded_at));
  for (const CertificateReport& certificate : report.certificates)
    append_certificate(out, certificate);
  out += "</dl>";
  append_warnings(out, report);
}

void append_grants(std::string& out, const StatusReport& report) {
  for (size_t place = 0; place < report.grants.size(); ++place)
    append_grant(out, report.grants[place], place);
}

}  // namespace postern::admin
