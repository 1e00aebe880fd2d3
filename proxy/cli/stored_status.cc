#include <memory>
#include <string>
#include <utility>

#include "cli/status.h"
#include "grants/remedy.h"
#include "grants/static_store.h"
#include "grants/timestamp.h"
#include "runtime/store.h"

namespace postern::cli {
namespace {

using admin::GrantReport;
using admin::StatusReport;
using grants::Kind;

GrantReport begin_report(const grants::GrantOptions& grant) {
  GrantReport report;
  report.name = grant.name;
  report.kind = to_string(grant.kind);
  report.state = "missing";
  report.required = grant.required;
  report.organization = grant.organization;
  return report;
}

void fill(GrantReport& report, const grants::StoredGrant& stored, WallTime now) {
  report.state = "fresh";
  report.organization_id = stored.organization.id;
  report.user_id = stored.user.id;
  report.user_name = stored.user.name;
  report.user_email = stored.user.email;
  report.scopes = stored.scopes;
  report.generation = stored.generation;
  report.usable = !stored.expires_at || *stored.expires_at > now;
  if (!stored.expires_at) return;
  report.expires_at = grants::format_timestamp(*stored.expires_at);
  auto left = std::chrono::floor<std::chrono::seconds>(*stored.expires_at - now).count();
  report.expires_in_s = left;
  if (left <= 0) report.state = "expired";
}

void say(GrantReport& report, const std::string& what, std::string remedy) {
  report.last_error = what.empty() ? remedy : what + "; " + remedy;
  report.remedy = std::move(remedy);
}

// What a look at the stored grant cannot leave to a refresh.
void judge(GrantReport& report, const grants::GrantOptions& grant,
           const grants::StoredGrant& stored) {
  if (stored.sentry != grant.sentry_url && grant.kind != Kind::kStatic) {
    say(report, "the stored token is for " + stored.sentry + ", the grant for " + grant.sentry_url,
        grants::repair(grant));
    report.needs_person = true;
  } else if (stored.journal) {
    report.last_error = "a refresh was begun and its end is not known; if the token is refused, " +
                        grants::remedy(grant);
    report.last_error_at = grants::format_timestamp(stored.journal->at);
  } else if (report.state == "expired" && stored.refresh_token.empty() &&
             grant.kind == Kind::kOauth) {
    say(report, "there is no refresh token", grants::remedy(grant));
    report.needs_person = true;
  }
}

GrantReport report_of(grants::Store& store, const grants::GrantOptions& grant, WallTime now) {
  GrantReport report = begin_report(grant);
  report.where = store.where(grant.name);
  auto stored = store.load(grant.name);
  if (!stored && stored.error().passes) {
    report.state = "unknown";
    report.last_error = stored.error().what;
  } else if (!stored) {
    say(report, stored.error().what, grants::repair(grant));
    report.needs_person = true;
  } else if (*stored) {
    fill(report, **stored, now);
    judge(report, grant, **stored);
  } else {
    bool helps_itself = grant.kind == Kind::kIntegration || !grant.seed_file.empty();
    report.needs_person = !helps_itself;
    if (grant.kind == Kind::kOauth && !helps_itself) say(report, "", grants::remedy(grant));
  }
  return report;
}

// There is no store yet, or not a usable one.
GrantReport report_without(const grants::GrantOptions& grant, bool is_broken,
                           const std::string& why) {
  GrantReport report = begin_report(grant);
  bool helps_itself = grant.kind == Kind::kIntegration || !grant.seed_file.empty();
  report.last_error = why;
  if (!is_broken && !helps_itself) say(report, why, grants::remedy(grant));
  report.needs_person = is_broken || !helps_itself;
  return report;
}

}  // namespace

StatusReport read_stored_status(const config::Options& options, WallTime now) {
  const bool is_there = runtime::has_store(options.store);
  Result<std::unique_ptr<grants::Store>> store = fail("there is no store " + options.store.path);
  if (is_there) store = runtime::open_store(options);
  StatusReport report;
  for (const config::GrantSetup& setup : options.grants) {
    const grants::GrantOptions& grant = setup.grant;
    if (grant.kind == Kind::kStatic) {
      grants::StaticStore fixed(grant);
      report.grants.push_back(report_of(fixed, grant, now));
    } else if (store) {
      report.grants.push_back(report_of(**store, grant, now));
    } else {
      report.grants.push_back(report_without(grant, is_there, store.error().what));
    }
  }
  return report;
}

}  // namespace postern::cli
