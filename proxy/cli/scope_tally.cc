#include "cli/scope_tally.h"

#include <algorithm>
#include <array>

#include "http/method.h"
#include "policy/least_scopes.h"
#include "policy/target.h"

namespace postern::cli {
namespace {

// Answers of Postern's to what is no call to Sentry, or not to be one.
constexpr std::array<std::string_view, 12> kRefusals{
    "bad_request",        "method_not_allowed", "not_an_api_path", "forbidden_caller",
    "misdirected",        "ambiguous_grant",    "unknown_grant",   "grant_not_allowed_here",
    "wrong_organization", "unpinnable",         "policy_denied",   "precondition_required"};

bool was_refused(const CallLine& call) {
  return std::find(kRefusals.begin(), kRefusals.end(), call.code) != kRefusals.end();
}

// Why no scope can be named for such a call; "" if one can, or none is needed.
std::string_view why_undecided(const policy::Match& match) {
  switch (match.kind) {
    case policy::MatchKind::kEndpoint:
      break;
    case policy::MatchKind::kOtherMethod:
      return "the endpoint table lists this path with other methods only";
    case policy::MatchKind::kMissingSlash:
      return "Sentry answers 404: the path needs a slash at its end";
    case policy::MatchKind::kUnknown:
      return "not in the endpoint table";
  }
  switch (match.endpoint->access) {
    case policy::Access::kSession:
      return "a browser's session only: no token passes";
    case policy::Access::kClientSecret:
      return "takes id and secret of a Sentry App, no token";
    case policy::Access::kUnknown:
      return "the endpoint table does not know what it takes";
    default:
      return "";
  }
}

template <class Row>
void sort_by_calls(std::vector<Row>& rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.calls > b.calls; });
}

std::string named(std::string_view method, std::string_view route) {
  return std::string(method).append(" ").append(route);
}

}  // namespace

const policy::Endpoint* login_call(const policy::Catalogue& catalogue) {
  return catalogue.match(http::Method::kGet, "/api/0/organizations/acme/").endpoint;
}

void ScopeTally::add(const CallLine& call) {
  const policy::Target target = policy::classify(call.path);
  const http::Method method = http::parse_method(call.method);
  const bool is_api =
      target.kind == policy::TargetKind::kApi || target.kind == policy::TargetKind::kUnsafe;
  if (was_refused(call) || !is_api || method == http::Method::kOptions) {
    ++left_out_;
    return;
  }
  Counted& counted = grants_[call.grant];
  ++counted.calls;
  if (target.kind == policy::TargetKind::kUnsafe) {
    ++counted
          .undecided[{call.method + " of a path that Postern refuses", std::string(target.detail)}];
    return;
  }
  const policy::Match match = catalogue_.match(method, call.path);
  const std::string_view why = why_undecided(match);
  if (why.empty()) {
    ++counted.operations[match.endpoint];
  } else {
    ++counted.undecided[{named(call.method, unlisted_.name(match)), std::string(why)}];
  }
}

std::vector<std::string> ScopeTally::grants() const {
  std::vector<std::string> names;
  for (const auto& [name, counted] : grants_) names.push_back(name);
  return names;
}

NeededScopes ScopeTally::needed(const std::string& grant, bool logs_in) const {
  NeededScopes found;
  found.grant = grant;
  std::vector<const policy::Endpoint*> calls;
  if (const auto counted = grants_.find(grant); counted != grants_.end()) {
    found.calls = counted->second.calls;
    for (const auto& [key, count] : counted->second.undecided)
      found.undecided.push_back({key.first, key.second, count});
    // In the table's order, which is that of their places in it.
    for (const auto& [endpoint, count] : counted->second.operations) {
      if (endpoint->access != policy::Access::kScopes) continue;
      found.operations.push_back({endpoint, count});
      calls.push_back(endpoint);
    }
  }
  const policy::Endpoint* login = logs_in ? login_call(catalogue_) : nullptr;
  if (login != nullptr && login->access == policy::Access::kScopes) calls.push_back(login);
  policy::LeastScopes least = policy::least_scopes(calls, catalogue_.endpoints());
  found.scopes = std::move(least.scopes);
  // From behind, so that the indices stay right.
  std::for_each(least.impossible.rbegin(), least.impossible.rend(), [&](size_t i) {
    if (i >= found.operations.size()) return;
    const auto at = found.operations.begin() + static_cast<std::ptrdiff_t>(i);
    found.undecided.push_back({named(http::to_string(at->endpoint->method), at->endpoint->path),
                               "takes a scope that an application cannot ask for; an organization "
                               "token can have it, in a grant of kind static",
                               at->calls});
    found.operations.erase(at);
  });
  sort_by_calls(found.operations);
  sort_by_calls(found.undecided);
  return found;
}

}  // namespace postern::cli
