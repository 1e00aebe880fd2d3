#include "admin/grant_report.h"

#include <chrono>

#include "grants/remedy.h"
#include "grants/timestamp.h"

namespace postern::admin {
namespace {

std::string text_of(const std::optional<WallTime>& time) {
  return time ? grants::format_timestamp(*time) : std::string();
}

}  // namespace

GrantReport report_of(const grants::Keeper& keeper, WallTime now) {
  const grants::GrantOptions& options = keeper.grant().options();
  const grants::KeeperStatus status = keeper.status();
  GrantReport report;
  report.name = options.name;
  report.kind = to_string(options.kind);
  report.state = to_string(status.state);
  report.required = options.required;
  report.usable = status.usable;
  report.organization = status.organization.slug;
  report.organization_id = status.organization.id;
  report.user_id = status.user.id;
  report.user_name = status.user.name;
  report.user_email = status.user.email;
  report.scopes = status.scopes;
  report.expires_at = text_of(status.expires_at);
  if (status.expires_at) {
    report.expires_in_s =
        std::chrono::floor<std::chrono::seconds>(*status.expires_at - now).count();
    if (status.state == grants::GrantState::kFresh && !status.usable) report.state = "expired";
  }
  if (status.expires_at && status.obtained_at) {
    report.lifetime_s =
        std::chrono::floor<std::chrono::seconds>(*status.expires_at - *status.obtained_at).count();
  }
  report.next_refresh = text_of(status.next_refresh);
  report.generation = status.generation;
  report.last_error = status.last_error;
  report.last_error_at = text_of(status.last_error_at);
  if (status.needs_person) report.remedy = grants::remedy(options);
  report.stored = status.stored;
  report.needs_person = status.needs_person;
  report.where = status.where;
  report.refreshes = status.refreshes;
  return report;
}

std::string_view error_alone(const GrantReport& report) {
  std::string_view error = report.last_error;
  if (report.remedy.empty() || !error.ends_with(report.remedy)) return error;
  error.remove_suffix(report.remedy.size());
  if (error.ends_with("; ")) error.remove_suffix(2);
  return error;
}

std::string holder_words(const GrantReport& report) {
  std::string words = report.user_name;
  if (!report.user_email.empty()) words += (words.empty() ? "" : ", ") + report.user_email;
  if (!report.user_id.empty()) words += (words.empty() ? "id " : ", id ") + report.user_id;
  return words;
}

}  // namespace postern::admin
