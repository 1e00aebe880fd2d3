#include "policy/pin.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <utility>

#include "base/text.h"
#include "policy/target.h"

namespace postern::policy {
namespace {

constexpr std::string_view kOrganizations = "/api/0/organizations/";

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_home(std::string_view organization, const Home& home) {
  return organization.empty() || organization == home.organization || organization == home.id;
}

// These tell about the token and its user, whose organizations it does not open. Only to be read:
// to change a user is no matter of an organization.
constexpr std::array<std::string_view, 4> kAboutTheToken = {"", "auth", "users/me",
                                                            "users/me/regions"};

bool is_about_the_token(std::string_view path) {
  std::string_view rest = path.substr(kApiPrefix.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  return std::find(kAboutTheToken.begin(), kAboutTheToken.end(), rest) != kAboutTheToken.end();
}

bool is_issue(const ApiPath& path) {
  return path.count >= 2 && is_same_word(path.segments[0], "issues");
}

// Do paths that fit it name an organization, as those of /api/0/organizations/{id}/… do?
bool holds_organizations(const PathPattern& pattern) {
  if (pattern.segments.empty() || !(pattern.open || pattern.segments.size() > 1)) return false;
  const std::string& word = pattern.segments.front().text;
  return !classify(std::string(kApiPrefix).append(word).append("/acme/")).organization.empty();
}

std::string below_organization(const Home& home, std::string_view rest, std::string_view query) {
  std::string target;
  target.reserve(kOrganizations.size() + home.organization.size() + rest.size() + query.size() + 1);
  return target.append(kOrganizations)
      .append(home.organization)
      .append("/")
      .append(rest)
      .append(query);
}

// The value of the parameter `cursor` if it is a cursor indeed, which has nothing but numbers.
std::string_view cursor_of(std::string_view query) {
  constexpr std::string_view kName = "cursor=";
  if (query.starts_with('?')) query.remove_prefix(1);
  while (!query.empty()) {
    std::string_view parameter = text::take_until(query, '&');
    if (!parameter.starts_with(kName)) continue;
    parameter.remove_prefix(kName.size());
    const bool plain = parameter.find_first_not_of("0123456789:.-%Aa") == std::string_view::npos;
    return plain ? parameter : std::string_view();
  }
  return {};
}

// Sentry itself leaves out the other organizations. What the caller says beside the cursor could
// bring them back (`query`) or make it another list (`owner`).
std::string list_of_one(const Home& home, bool slash, std::string_view query) {
  std::string target(kOrganizations);
  if (!slash) target.pop_back();
  const std::string_view cursor = cursor_of(query);
  target.push_back('?');
  if (!cursor.empty()) target.append("cursor=").append(cursor).append("&");
  target.append(is_number(home.organization) ? "query=id:" : "query=slug:");
  return target.append(home.organization);
}

// The target that has the organization in it; nothing if there is none that means the same.
std::optional<std::string> pinned_target(const PinQuestion& question, const ApiPath& path,
                                         const Home& home) {
  if (is_issue(path)) {
    const std::string rest = "issues/" + std::string(path.behind(1, question.path));
    return below_organization(home, rest, question.query);
  }
  if (path.count != 1 || !http::is_safe(question.method)) return std::nullopt;
  // A missing slash stays missing: Sentry says what is wrong then, as of any other path.
  const std::string_view list = path.behind(0, question.path);
  if (path.segments[0] == "projects") return below_organization(home, list, question.query);
  if (path.segments[0] == "organizations") return list_of_one(home, path.slash, question.query);
  return std::nullopt;
}

bool is_own_installation(const ApiPath& path, const Home& home) {
  return path.count >= 2 && path.segments[0] == "sentry-app-installations" &&
         !home.installation.empty() && path.segments[1] == home.installation;
}

}  // namespace

std::optional<std::string> unpinned_fault(std::string_view text) {
  const Result<PathPattern> pattern = parse_pattern(text);
  if (!pattern) return pattern.error().what;
  if (!holds_organizations(*pattern)) return std::nullopt;
  return "holds paths that name an organization: for another one, add a grant";
}

OrganizationPin::OrganizationPin(const Options& options) : enabled_(options.organization_pinning) {
  for (const std::string& text : options.unpinned) {
    assert(!unpinned_fault(text));  // config has refused all others
    unpinned_.push_back(pattern_of(text));
  }
}

Pin OrganizationPin::judge(const PinQuestion& question, const Home& home) const {
  if (!enabled_) return {};
  for (const std::string_view named : {question.organization, question.match.organization}) {
    if (!is_home(named, home)) return {Pinning::kWrongOrganization, {}, named};
  }
  if (!question.organization.empty() || !question.match.organization.empty()) return {};

  const ApiPath path = split_api_path(question.path).value_or(ApiPath{});
  if (may_name_none(question, path) || is_own_installation(path, home)) return {};
  if (std::optional<std::string> target = pinned_target(question, path, home))
    return {Pinning::kSendInstead, std::move(*target), {}};
  return {Pinning::kUnpinnable, {}, {}};
}

bool OrganizationPin::may_name_none(const PinQuestion& question, const ApiPath& path) const {
  if (is_about_the_token(question.path) && http::is_safe(question.method)) return true;
  return std::any_of(unpinned_.begin(), unpinned_.end(),
                     [&](const PathPattern& pattern) { return pattern.fits(path); });
}

}  // namespace postern::policy
