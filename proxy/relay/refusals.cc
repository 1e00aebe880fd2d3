#include "relay/refusals.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "grants/remedy.h"
#include "policy/scopes.h"

namespace postern::relay {
namespace {

template <class Words>
std::string listed(const Words& words) {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

// What the caller may ask for instead of a path that names no organization, in words.
std::string organization_form(const policy::PinQuestion& asked, const std::string& organization,
                              const policy::Catalogue& catalogue) {
  const std::string below =
      std::string(policy::kApiPrefix).append("organizations/").append(organization).append("/");
  std::string path = below;
  path.append(asked.path.substr(policy::kApiPrefix.size()));
  const policy::Match match = catalogue.match(asked.method, path);
  return match.kind == policy::MatchKind::kEndpoint ? path : "a path below " + below;
}

// How a rule would name this path. One that the table does not know is named by itself: its known
// beginning would let through more than was asked for.
std::string pattern_of(const policy::Match& match, std::string_view path) {
  std::string pattern(match.route);
  if (match.kind == policy::MatchKind::kMissingSlash) pattern += '/';
  if (match.kind == policy::MatchKind::kUnknown)
    pattern = std::string(path.substr(0, path.rfind('/') + 1)) + '*';
  return pattern;
}

// What is granted and `scope`, as the configuration writes it: "[org:read, event:write]". What
// cannot be asked for is left out.
std::string list_with(const grants::Grant& grant, std::string_view scope) {
  std::vector<std::string_view> list;
  if (grant.token() != nullptr) {
    for (const std::string& granted : grant.token()->scopes)
      if (policy::is_grantable(granted)) list.push_back(granted);
  }
  list.push_back(scope);
  return "[" + listed(list) + "]";
}

std::string with_reason(std::string sentence, const std::string& reason) {
  return reason.empty() ? sentence : std::move(sentence) + ": " + reason;
}

}  // namespace

std::optional<Problem> refuse_target(const policy::Target& target) {
  switch (target.kind) {
    case policy::TargetKind::kApi:
      return std::nullopt;
    case policy::TargetKind::kUnsafe:
      return Problem{Code::kBadRequest, std::string(target.detail),
                     "send the path in its plain form", 0};
    case policy::TargetKind::kIngest:
      return Problem{
          Code::kNotAnApiPath,
          "this is where an SDK sends events by its DSN, and no part of the web API that "
          "Postern carries",
          "give the SDK the DSN as Sentry shows it (project settings, Client Keys): its "
          "events need no token and no Postern; for a Sentry of your own there is "
          "sentry.ingest: pass",
          0};
    case policy::TargetKind::kOutside:
      break;
  }
  return Problem{Code::kNotAnApiPath, "only paths below /api/0/ are carried to Sentry",
                 "ask for /api/0/…, as in Sentry's API reference", 0};
}

Problem ambiguous_ingest() {
  return {Code::kAmbiguousGrant,
          "the grants are for more than one Sentry, and this path names none",
          "send events to a listener that serves one grant (listen: {address, grant})", 0};
}

Problem too_much_ingest() {
  return {Code::kQueueFull, "too many events are on their way to Sentry already",
          "send this one again after Retry-After, or raise sentry.ingest_connections", 1};
}

Problem from_selection(grants::SelectFailure failure, const grants::Registry& registry,
                       std::string_view ceiling) {
  switch (failure) {
    case grants::SelectFailure::kAmbiguous:
      return {Code::kAmbiguousGrant, "more than one grant could be meant: " + registry.names(),
              "name one in the field X-Postern-Grant", 0};
    case grants::SelectFailure::kNotAllowedHere:
      return {Code::kGrantNotAllowedHere,
              "this listener serves the grant " + std::string(ceiling) + " only",
              "use the listener of the other grant", 0};
    case grants::SelectFailure::kUnknown:
    case grants::SelectFailure::kNone:
      break;
  }
  return {Code::kUnknownGrant, "there is no such grant; there are: " + registry.names(),
          "name one of them in X-Postern-Grant, or add it to grants", 0};
}

policy::Home home_of(const grants::Grant& grant) {
  const grants::GrantOptions& options = grant.options();
  return {options.organization, grant.organization_id(), options.installation};
}

std::optional<Problem> refuse_pin(const policy::Pin& pin, const policy::PinQuestion& asked,
                                  const grants::Grant& grant, const policy::Catalogue& catalogue) {
  const std::string& own = grant.options().organization;
  switch (pin.pinning) {
    case policy::Pinning::kAsItIs:
    case policy::Pinning::kSendInstead:
      return std::nullopt;
    case policy::Pinning::kWrongOrganization:
      return Problem{
          Code::kWrongOrganization,
          "the path names the organization " + std::string(pin.organization) + ", the grant " +
              grant.options().name + " is for " + own,
          "name " + own + " in the path by its slug, or add a grant for the other organization", 0};
    case policy::Pinning::kUnpinnable:
      break;
  }
  return Problem{Code::kUnpinnable,
                 "the path names no organization, so it cannot be held to " + own +
                     ", which the grant " + grant.options().name + " is for",
                 "ask for " + organization_form(asked, own, catalogue) +
                     ", or list this path in policy.unpinned",
                 0};
}

std::string scope_remedy(const grants::Grant& grant, std::string_view scope) {
  const std::string name(scope);
  const grants::GrantOptions& options = grant.options();
  switch (options.kind) {
    case grants::Kind::kOauth:
      if (!policy::is_grantable(scope)) return policy::scope_fault(scope).value_or("");
      return "set scopes of the grant " + options.name + " in the configuration to " +
             list_with(grant, scope) + ", then run: " + grants::login_command(options);
    case grants::Kind::kIntegration:
      return "give the integration a permission at Sentry that holds " + name +
             "; its next token has it";
    case grants::Kind::kStatic:
      break;
  }
  return "put a token that has " + name + " into " +
         (options.token_file.empty() ? "the setting token" : options.token_file) +
         ", set scopes of the grant " + options.name + " to " + list_with(grant, scope) +
         ", and start Postern again";
}

policy::Permission permission_of(const policy::Match& match, const grants::Grant& grant) {
  static const std::vector<std::string> not_known;
  const std::shared_ptr<const grants::Token>& token = grant.token();
  return policy::permission(match.endpoint, token != nullptr ? token->scopes : not_known);
}

Problem from_permission(const policy::Permission& permission, const policy::Endpoint& endpoint,
                        const grants::Grant& grant) {
  const std::vector<std::string>& granted = grant.token()->scopes;
  Problem problem;
  problem.code = Code::kMissingScope;
  problem.detail = std::string(http::to_string(endpoint.method)) + " " +
                   std::string(endpoint.path) + " takes " +
                   (permission.needed.size() > 1 ? "any of " : "") + listed(permission.needed) +
                   "; the grant " + grant.options().name + " has " + listed(granted);
  problem.action = scope_remedy(grant, permission.least) +
                   "; policy.preflight: warn sends such calls to Sentry all the same";
  problem.scopes = {
      {permission.needed.begin(), permission.needed.end()}, granted, std::string(permission.least)};
  return problem;
}

Problem from_verdict(const policy::Verdict& verdict, http::Method method, std::string_view asked,
                     const policy::Match& match) {
  const std::string name(verdict.name);
  const std::string verb(http::to_string(method));
  const std::string path = pattern_of(match, asked);
  switch (verdict.by) {
    case policy::Verdict::By::kAccess:
      return {Code::kPolicyDenied,
              "policy.access is read-only here: GET, HEAD and OPTIONS pass, " + verb + " does not",
              "ask whoever runs this Postern: with policy.access: full and policy.default: deny, "
              "policy.rules can allow single calls",
              0};
    case policy::Verdict::By::kRule:
      return {Code::kPolicyDenied, "the rule " + name + " denies " + verb + " of " + path,
              "ask whoever runs this Postern: the rule is in policy.rules of its configuration", 0};
    case policy::Verdict::By::kDefault:
      break;
  }
  return {Code::kPolicyDenied,
          "no rule allows " + verb + " of " + path + ", and policy.default is deny",
          "ask whoever runs this Postern to add to policy.rules: {effect: allow, methods: [" +
              verb + "], path: '" + path + "'}, and to start it again",
          0};
}

Problem from_standing(grants::Standing standing, const grants::Grant& grant, Instant now) {
  const std::string name = "the grant " + grant.options().name;
  Problem problem;
  problem.action = grants::remedy(grant.options());
  switch (standing) {
    case grants::Standing::kMissing:
      problem.code = Code::kGrantMissing;
      problem.detail = name + " has no token yet";
      if (grant.reason().empty()) break;
      problem.detail = name + " has no token that could be used: " + grant.reason();
      problem.action = grants::repair(grant.options());
      break;
    case grants::Standing::kUnavailable:
      problem.code = Code::kGrantUnavailable;
      problem.detail = with_reason(name + " has no live token at the moment", grant.reason());
      problem.action = "try again later; postern status says what is wrong";
      problem.retry_after =
          static_cast<int>(std::chrono::ceil<std::chrono::seconds>(grant.retry_after(now)).count());
      break;
    case grants::Standing::kRevoked:
    case grants::Standing::kGo:
    case grants::Standing::kWait:
      problem.code = Code::kReauthorizationRequired;
      problem.detail = with_reason(
          name + " has no live token, and only a person can get it a new one", grant.reason());
      break;
  }
  return problem;
}

Problem from_refusal(const limits::Refusal& refusal, Duration patience) {
  Problem problem;
  problem.retry_after = static_cast<int>(
      std::chrono::duration_cast<std::chrono::seconds>(refusal.retry_after).count());
  switch (refusal.reason) {
    case limits::Reason::kRateLimited:
      problem.code = Code::kRateLimited;
      problem.detail = "Sentry's rate limit has no room for this request in the " +
                       text::format_duration(patience) + " that it may wait";
      problem.action =
          "try again after Retry-After, send fewer requests, or let them wait longer: "
          "limits.max_wait, which Prefer: wait and X-Postern-Max-Wait can only shorten";
      break;
    case limits::Reason::kQueueFull:
      problem.code = Code::kQueueFull;
      problem.detail = "too many requests wait for Sentry's rate limit already";
      problem.action =
          "send fewer requests at a time, or raise limits.max_queue, limits.max_queue_bytes or "
          "limits.max_buckets";
      break;
    case limits::Reason::kUpstreamResting:
      problem.code = Code::kUpstreamResting;
      problem.detail = "the last calls to Sentry have all failed, so it is left alone for a moment";
      problem.action = "try again after Retry-After; postern doctor says what is broken";
      break;
    case limits::Reason::kDraining:
      problem.code = Code::kDraining;
      problem.detail = "Postern was told to end before this request had its turn";
      problem.action = "try again when it has been started anew";
      break;
  }
  return problem;
}

}  // namespace postern::relay
