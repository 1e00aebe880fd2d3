#include "grants/organization.h"

#include <utility>
#include <vector>

#include "base/printable.h"
#include "grants/documents.h"

namespace postern::grants {
namespace {

using text::printable;

constexpr int kTries = 6;
constexpr Duration kPause = std::chrono::seconds(1);
constexpr size_t kMaxNamed = 20;

// The token may not have spread yet (401), or Sentry be busy.
bool is_passing(const CallResult& result, Patience patience) {
  if (!result.ok) return patience == Patience::kTryAgain;
  int status = result.answer.status;
  return status == 401 || status == 429 || status >= 500;
}

CallResult patient_get(const SentryCalls& calls, const Secret& token, const std::string& path,
                       Patience patience) {
  for (int i = 1;; ++i) {
    CallResult result = calls.get(token, path);
    if (i == kTries || !is_passing(result, patience)) return result;
    calls.sleep(kPause);
  }
}

std::string names_of(const std::vector<Organization>& organizations) {
  std::string names;
  for (size_t i = 0; i < organizations.size() && i < kMaxNamed; ++i)
    names += (i == 0 ? "" : ", ") + printable(organizations[i].slug, 64);
  return organizations.size() > kMaxNamed ? names + " and more" : names;
}

// Text for the person whose token is not what the grant needs.
std::string not_seen(const std::string& slug, const SentryCalls& calls, const Secret& token) {
  std::string text = "this token does not reach the organization " + slug;
  // Not patiently: Sentry has had its time.
  CallResult list = calls.get(token, "/api/0/organizations/");
  if (list.ok && list.answer.status == 401)
    return "Sentry does not accept this token (it answered 401), so it does not reach " + slug;
  if (list.ok && list.answer.status == 403)
    return text + ": Sentry answered 403, as it does without the scope org:read; add it to scopes";
  auto seen = parse_organizations(list.answer.body.reveal());
  if (!list.ok || list.answer.status != 200 || !seen) return text;
  if (seen->empty()) return text + "; it reaches none";
  return text + "; it reaches: " + names_of(*seen) + ". Log in as a member of " + slug +
         ", or set the grant's organization to one of these";
}

tl::unexpected<NotVerified> refused(std::string what) {
  return tl::unexpected(NotVerified{true, std::move(what)});
}

tl::unexpected<NotVerified> unknown(const std::string& slug, const std::string& why) {
  return tl::unexpected(NotVerified{false, "whether the token reaches the organization " + slug +
                                               " could not be found out: " + why});
}

}  // namespace

Result<Organization, NotVerified> verify_organization(const GrantOptions& grant,
                                                      const SentryCalls& calls,
                                                      const TokenAnswer& answer,
                                                      Patience patience) {
  const std::string& slug = grant.organization;
  CallResult result = patient_get(calls, answer.access_token,
                                  "/api/0/organizations/" + slug + "/?detailed=0", patience);
  int status = result.answer.status;
  if (!result.ok) return unknown(slug, result.stage + ": " + printable(result.detail));
  // 401 is also what a token gets that is bound to another organization.
  if (status == 401 || status == 403 || status == 404)
    return refused(not_seen(slug, calls, answer.access_token));
  if (status != 200) return unknown(slug, "Sentry answered " + std::to_string(status));
  auto seen = parse_organization(result.answer.body.reveal());
  if (!seen) return unknown(slug, seen.error().what);
  if (!answer.organization_id.empty() && answer.organization_id != seen->id) {
    return refused("Sentry has bound this token to organization " +
                   printable(answer.organization_id) + ", but " + slug + " is " + seen->id +
                   "; run the login again and choose " + slug + " on Sentry's page");
  }
  return std::move(*seen);
}

std::string_view advice_on(int status) {
  switch (status) {
    case 403:
      return "the token lacks org:read, or its user is not a member who may read it";
    case 404:
      return "no organization of that slug is visible to the token's user";
    case 429:
      return "it is busy at the moment; try again";
    default:
      return {};
  }
}

}  // namespace postern::grants
