#include "cli/explain.h"

#include <algorithm>
#include <array>
#include <ostream>

#include "admin/explanation.h"
#include "base/percent.h"
#include "base/text.h"
#include "cli/admin_client.h"
#include "cli/documents.h"
#include "cli/choose_grant.h"
#include "http/method.h"
#include "policy/api_path.h"
#include "policy/target.h"
#include "policy/unlisted_routes.h"
#include "relay/refusals.h"
#include "wire/options.h"

namespace postern::cli {
namespace {

constexpr Duration kPatience = std::chrono::seconds(5);
constexpr std::string_view kScheme = "https://";

// Is `authority` the Sentry of this grant, or a region of it?
bool is_sentrys(std::string_view authority, const config::SentryOptions& sentry) {
  std::string_view own = sentry.url;
  own.remove_prefix(std::min(own.size(), kScheme.size()));
  if (text::iequals(authority, own)) return true;
  return std::any_of(sentry.regions.begin(), sentry.regions.end(), [&](const std::string& region) {
    return text::iequals(authority, region + "." + std::string(own));
  });
}

// The path behind the scheme and the host.
Result<std::string> path_of_url(std::string_view url,
                                const std::vector<config::GrantSetup>& grants) {
  std::string_view rest = url.substr(url.find("://") + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const bool is_known =
      url.starts_with(kScheme) &&
      std::any_of(grants.begin(), grants.end(), [&](const config::GrantSetup& setup) {
        return is_sentrys(authority, setup.sentry);
      });
  if (!is_known) {
    std::string known;
    for (const config::GrantSetup& setup : grants)
      if (known.find(setup.sentry.url) == std::string::npos)
        known += (known.empty() ? "" : ", ") + setup.sentry.url;
    return fail(printable(url) + " is not a URL of " + known);
  }
  rest.remove_prefix(authority.size());
  return std::string(rest.empty() ? "/" : rest);
}

// ------------------------------------------------------------------------------- what table says

std::string endpoint_line(const relay::EndpointView& endpoint) {
  if (endpoint.match == "endpoint") {
    std::string standing = endpoint.published ? "published" : "not published";
    if (endpoint.status != "published") standing += ": " + endpoint.status;
    return endpoint.operation + " (" + standing + ")";
  }
  if (endpoint.match == "other_method") return "none: the path is known, with other methods";
  if (endpoint.match == "missing_slash")
    return "none: Sentry answers 404, the path needs a slash at its end";
  return "not in the table; Sentry may know it all the same";
}

std::string access_line(const relay::EndpointView& endpoint) {
  const std::string dsn = endpoint.accepts_dsn ? ", or a DSN" : "";
  if (endpoint.access == "scopes")
    return (endpoint.scopes.size() == 1 ? "" : "any of: ") + text::joined(endpoint.scopes) + dsn;
  if (endpoint.access == "public") return "none needed";
  if (endpoint.access == "any_token") return "none needed, but a valid token" + dsn;
  if (endpoint.access == "session") return "no token passes: a browser's session only";
  if (endpoint.access == "client_secret") return "id and secret of a Sentry App, in the body";
  return endpoint.access.empty() ? "" : "not known";
}

void append_endpoint(std::string& out, const relay::EndpointView& endpoint) {
  append_row(out, "endpoint", endpoint_line(endpoint));
  append_row(out, "path", endpoint.path);
  append_row(out, "scopes", access_line(endpoint));
  append_row(out, "first guess",
             endpoint.limits.empty() || endpoint.limits == "unknown" ? "" : endpoint.limits);
  append_row(out, "counted as", endpoint.group + ", " + endpoint.route);
}

// ------------------------------------------------------------------------------ what happens now

std::string_view reason_words(std::string_view reason) {
  constexpr std::array<std::array<std::string_view, 2>, 6> kWords{{
      {"first_answer", "few calls go until an answer tells the limit"},
      {"in_flight", "as many calls as are allowed are under way"},
      {"clock_lost", "Sentry's clock has moved, and is being looked for"},
      {"budget", "the window's calls are used"},
      {"pace", "the window's calls are spread over it"},
      {"rate", "Sentry has turned calls away, so they go at a learned rate"},
  }};
  for (const auto& [name, words] : kWords)
    if (name == reason) return words;
  return reason;
}

std::string rough(Duration span) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  return text::format_duration(span < seconds(10) ? Duration(std::chrono::ceil<milliseconds>(span))
                                                  : Duration(std::chrono::ceil<seconds>(span)));
}

std::string outcome_line(const relay::Prospect& now) {
  if (now.outcome == "goes") return now.limited ? "goes at once" : "goes at once: limits are off";
  if (now.outcome == "refused")
    return "refused, " + now.reason +
           (now.retry_after > Duration::zero() ? "; room in about " + rough(now.retry_after) : "");
  std::string line = "waits about " + rough(now.wait);
  if (now.ahead > 0) line += ", " + std::to_string(now.ahead) + " before it";
  if (!now.reason.empty()) line += ": " + std::string(reason_words(now.reason));
  return line;
}

std::string policy_line(const relay::Prospect& now) {
  if (!now.policy) return {};
  const relay::PolicyView& policy = *now.policy;
  if (policy.allowed) return "allowed by " + policy.by;
  return policy.dry_run ? "would be denied by " + policy.by + ", but this is a dry run"
                        : "denied by " + policy.by;
}

std::string limit_line(const relay::BucketView& bucket) {
  if (!bucket.limit) return "none told by Sentry";
  std::string line = std::to_string(*bucket.limit);
  line += bucket.window_s > 0 ? " in " + std::to_string(bucket.window_s) + " s" : " in a window";
  if (bucket.remaining)
    line += ", " + std::to_string(*bucket.remaining) + " left as of the last answer";
  return line;
}

std::string in_flight_line(const relay::BucketView& bucket) {
  std::string line =
      std::to_string(bucket.in_flight) + " of " + std::to_string(bucket.in_flight_allowed);
  if (bucket.concurrent_limit)
    line += ", Sentry allows " + std::to_string(*bucket.concurrent_limit);
  return line;
}

// "2 window, 1 search": the kinds of 429 and the gateway's failures.
std::string turned_away_line(const relay::BucketView& bucket) {
  std::string line;
  for (const auto& [kind, count] : bucket.answers) {
    if (kind == "served" || count == 0) continue;
    line += (line.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
  }
  return line;
}

std::string permission_line(const relay::Prospect& now, const relay::EndpointView& endpoint) {
  if (now.permission == "passes" && !endpoint.scopes.empty()) return "the token has such a scope";
  if (now.permission == "not_known" && !endpoint.scopes.empty())
    return "not known: nobody has told which scopes the token has";
  if (now.permission != "lacks") return "";
  return "the token lacks " + endpoint.least_scope + "; " + now.remedy;
}

void append_prospect(std::string& out, const relay::Prospect& now,
                     const relay::EndpointView& endpoint) {
  append_row(out, "grant", now.grant + ", " + now.grant_state);
  append_row(out, "permission", permission_line(now, endpoint));
  append_row(out, "policy", policy_line(now));
  append_row(out, "now", outcome_line(now));
  if (!now.bucket) {
    if (now.limited) append_row(out, "limit", "not known before the first call");
    return;
  }
  append_row(out, "limit", limit_line(*now.bucket));
  append_row(out, "in flight", in_flight_line(*now.bucket));
  append_row(out, "queued", std::to_string(now.bucket->queued));
  append_row(out, "turned away", turned_away_line(*now.bucket));
}

relay::Explanation by_table(std::string_view method, std::string_view path,
                            const policy::Catalogue& catalogue) {
  policy::UnlistedRoutes unlisted;
  const policy::Match match = catalogue.match(http::parse_method(method), path);
  return {
      std::string(method), std::string(path), {}, relay::view_of(match, unlisted.name(match)), {}};
}

int usage(Context& context, const std::string& what) {
  context.err << "postern explain: " << what << '\n';
  return kUsage;
}

int failed(Context& context, const std::string& what) {
  context.err << printable(what, 600) << '\n';
  return kFailed;
}

}  // namespace

Result<std::string> api_path(std::string_view text, const std::vector<config::GrantSetup>& grants,
                             const policy::Catalogue& catalogue) {
  text = text.substr(0, text.find_first_of("?#"));
  std::string path(text);
  if (text.find("://") != text.npos) {
    auto behind = path_of_url(text, grants);
    if (!behind) return behind;
    path = std::move(*behind);
  } else if (!text.starts_with('/')) {
    path.insert(path.begin(), '/');
  }
  // Without /api/0/ only where that makes a path whose beginning is known.
  const std::string below = std::string(policy::kApiPrefix) + path.substr(path.empty() ? 0 : 1);
  const bool is_short = !path.starts_with(policy::kApiPrefix) && text.find("://") == text.npos;
  if (is_short && catalogue.match(http::Method::kGet, below).route != "/api/0/*") path = below;
  if (const auto problem = relay::refuse_target(policy::classify(path)))
    return fail(printable(text) + ": " + problem->detail);
  return path;
}

std::string explain_query(const relay::Question& question) {
  std::string query = "?method=" + text::percent_encoded(question.method) +
                      "&path=" + text::percent_encoded(question.path);
  if (!question.grant.empty()) query += "&grant=" + text::percent_encoded(question.grant);
  if (!question.listener.empty()) query += "&listener=" + text::percent_encoded(question.listener);
  return query;
}

std::string describe(const relay::Explanation& explanation) {
  std::string out = printable(explanation.method + " " + explanation.path, 400) + '\n';
  append_row(out, "sent as", explanation.sent_as);
  append_endpoint(out, explanation.endpoint);
  if (explanation.now) append_prospect(out, *explanation.now, explanation.endpoint);
  return out;
}

namespace {

bool has_listener(const config::Options& options, std::string_view name, Context& context) {
  std::string all;
  for (const wire::ListenOptions& listener : options.listen) {
    const std::string& identity = wire::identity_of(listener);
    if (identity == name) return true;
    all += (all.empty() ? "" : ", ") + identity;
  }
  context.err << "there is no listener " << printable(name)
              << "; there are: " << printable(all, 400) << '\n';
  return false;
}

}  // namespace

int explain(const config::Options& options, const Arguments& arguments, Context& context) {
  std::string method = arguments.method;
  std::transform(method.begin(), method.end(), method.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (http::parse_method(method) == http::Method::kOther)
    return usage(context, "there is no method " + printable(arguments.method) +
                              "; there are GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  if (!arguments.grant.empty() && choose_grant(options, arguments.grant, context) == nullptr)
    return kUsage;
  if (!arguments.listener.empty() && !has_listener(options, arguments.listener, context))
    return kUsage;
  const policy::Catalogue catalogue = policy::Catalogue::of(options.relay.policy);
  const Result<std::string> path = api_path(arguments.path, options.grants, catalogue);
  if (!path) return usage(context, path.error().what);

  const std::string address = admin_address(options, arguments.admin);
  const std::string target =
      "/api/explain" + explain_query({method, *path, arguments.grant, arguments.listener});
  auto answer = admin_call(address, "GET", target, "", kPatience);
  if (!answer && !answer.error().is_absent) return failed(context, answer.error().what);
  if (answer && answer->status != 200)
    return failed(context, "the instance at " + address + " answered " +
                               std::to_string(answer->status) + problem_words(answer->body));
  Result<relay::Explanation> explanation =
      answer ? admin::parse_explanation(answer->body) : by_table(method, *path, catalogue);
  if (!explanation) return failed(context, address + ": " + explanation.error().what);
  if (!answer)
    context.err << printable(answer.error().what) << "; this is what the endpoint table says\n";
  context.out << (arguments.json ? admin::format_explanation(*explanation) + "\n"
                                 : describe(*explanation));
  return kDone;
}

}  // namespace postern::cli
