#include "cli/explain.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "admin/explanation.h"
#include "base/percent.h"
#include "base/text.h"
#include "cli/admin_client.h"
#include "cli/choose_grant.h"
#include "cli/documents.h"
#include "cli/explanation_text.h"
#include "cli/stored_explanation.h"
#include "http/method.h"
#include "policy/api_path.h"
#include "policy/target.h"
#include "relay/refusals.h"
#include "runtime/listener_question.h"

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
  const bool is_known = url.starts_with(kScheme) &&
                        (grants.empty() || std::any_of(grants.begin(), grants.end(),
                                                       [&](const config::GrantSetup& setup) {
                                                         return is_sentrys(authority, setup.sentry);
                                                       }));
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
  const policy::Target target = policy::classify(path);
  if (target.kind == policy::TargetKind::kIngest) return path;  // sentry.ingest decides
  if (const auto problem = relay::refuse_target(target))
    return fail(printable(text) + ": " + problem->detail);
  return path;
}

std::string explain_query(const relay::Question& question) {
  std::string query = "?method=" + text::percent_encoded(question.method) +
                      "&path=" + text::percent_encoded(question.path);
  if (!question.grant.empty()) query += "&grant=" + text::percent_encoded(question.grant);
  if (!question.listener.empty()) query += "&listener=" + text::percent_encoded(question.listener);
  if (question.uid) query += "&uid=" + std::to_string(*question.uid);
  if (!question.name.empty()) query += "&name=" + text::percent_encoded(question.name);
  return query;
}

namespace {

// What the running instance says. `absent`: why there is none to be asked, if so.
Result<relay::Explanation> ask(const std::string& address, const relay::Question& question,
                               std::string& absent) {
  const std::string target = "/api/explain" + explain_query(question);
  auto answer = admin_call(address, "GET", target, "", kPatience);
  if (!answer && answer.error().is_absent) absent = answer.error().what;
  if (!answer) return fail(answer.error().what);
  if (answer->status != 200)
    return fail("the instance at " + address + " answered " + std::to_string(answer->status) +
                problem_words(answer->body));
  auto explanation = admin::parse_explanation(answer->body);
  if (!explanation) return fail(address + ": " + explanation.error().what);
  return explanation;
}

std::string words_of(const relay::Problem& problem) {
  return "such a request is answered " + std::to_string(relay::status(problem.code)) + " " +
         std::string(relay::name(problem.code)) + ": " +
         with_action(problem.detail, problem.action);
}

}  // namespace

int explain(const config::Options& options, const Arguments& arguments, const Clock& clock,
            Context& context) {
  const std::string method = text::uppered(arguments.method);
  if (http::parse_method(method) == http::Method::kOther)
    return usage(context, "there is no method " + printable(arguments.method) +
                              "; there are GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  // Else only the instance knows its grants and listeners.
  const bool is_configured = !options.grants.empty();
  if (is_configured && !arguments.grant.empty() &&
      choose_grant(options, arguments.grant, context) == nullptr)
    return kUsage;
  const policy::Catalogue catalogue = policy::Catalogue::of(options.relay.policy);
  const Result<std::string> path = api_path(arguments.path, options.grants, catalogue);
  if (!path) return usage(context, path.error().what);
  const relay::Question question{method, *path,         arguments.grant, arguments.listener,
                                 {},     arguments.uid, arguments.name};
  Result<relay::Question, relay::Problem> at_listener = question;
  if (is_configured) at_listener = runtime::at_listener(question, options);
  if (!at_listener)
    return usage(
        context,
        printable(with_action(at_listener.error().detail, at_listener.error().action), 600));

  std::string absent;
  auto explanation = ask(admin_address(options, arguments.admin), question, absent);
  if (!explanation && (absent.empty() || !is_configured))
    return failed(context, explanation.error().what);
  if (!explanation) {
    context.err << printable(absent) << "; this is what the configuration, the endpoint table and "
                << "the store say\n";
    auto stored = explain_stored(options, *at_listener, clock, context);
    if (!stored) return failed(context, words_of(stored.error()));
    explanation = std::move(*stored);
  }
  context.out << (arguments.json ? admin::format_explanation(*explanation) + "\n"
                                 : describe(*explanation));
  return kDone;
}

}  // namespace postern::cli
