#include "cli/explanation_text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "cli/context.h"

namespace postern::cli {
namespace {

// ------------------------------------------------------------------------------- what table says

std::string endpoint_line(const relay::EndpointView& endpoint) {
  if (endpoint.match == "endpoint") {
    std::string standing = endpoint.published ? "published" : "not published";
    if (endpoint.status != "published") standing += ": " + endpoint.status;
    return endpoint.operation + " (" + standing + ")";
  }
  if (endpoint.match == "ingest") return "none: an SDK sends events there, by a DSN";
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
  if (!endpoint.group.empty())
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
  if (now.outcome == "not_known")
    return "not known: nothing runs that could say how the grant is and what the limits leave";
  if (now.outcome == "refused") {
    const std::string status = now.refusal ? std::to_string(now.refusal->status) + " " : "";
    return "refused, " + status + now.reason +
           (now.retry_after > Duration::zero() ? "; room in about " + rough(now.retry_after) : "");
  }
  std::string line = "waits about " + rough(now.wait);
  if (now.ahead > 0) line += ", " + std::to_string(now.ahead) + " before it";
  if (!now.reason.empty()) line += ": " + std::string(reason_words(now.reason));
  return line;
}

std::string ingest_line(const relay::Prospect& now) {
  if (now.outcome == "refused") return outcome_line(now);
  return "passed on as it comes: no grant, no rules, no limits (sentry.ingest: pass)";
}

std::string policy_line(const relay::Prospect& now) {
  if (!now.policy) return {};
  const relay::PolicyView& policy = *now.policy;
  if (policy.allowed) return "allowed by " + policy.by;
  return policy.dry_run ? "would be denied by " + policy.by + ", but this is a dry run"
                        : "denied by " + policy.by;
}

std::string cache_line(const relay::CacheView& cache) {
  if (cache.kind == "none") return "each such request makes its own call";
  if (cache.lifetime == Duration::zero())
    return "such answers (" + cache.kind + ") are not kept; equal requests share one call";
  std::string line =
      "such answers (" + cache.kind + ") are kept for " + text::format_duration(cache.lifetime);
  if (cache.age)
    line += "; one is kept, " + rough(*cache.age) + " old: who accepts the same gets it";
  return line;
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

std::string grant_line(const relay::Explanation& explanation) {
  const relay::Prospect& now = explanation.now;
  if (now.grant.empty()) return "";
  return now.grant + ", " + (explanation.live ? now.grant_state : "as it is stored");
}

// Of what a request would be told, which is shown whole.
constexpr size_t kMost = 2000;

void append_refusal(std::string& out, const relay::RefusalView& refusal) {
  append_row(out, "because", refusal.detail, kMost);
  append_row(out, "what to do", refusal.action, kMost);
}

void append_bucket(std::string& out, const relay::BucketView& bucket) {
  append_row(out, "limit", limit_line(bucket));
  append_row(out, "in flight", in_flight_line(bucket));
  append_row(out, "queued", std::to_string(bucket.queued));
  append_row(out, "turned away", turned_away_line(bucket));
}

void append_prospect(std::string& out, const relay::Explanation& explanation) {
  const relay::Prospect& now = explanation.now;
  const bool is_ingest = explanation.endpoint.match == "ingest";
  append_row(out, "grant", grant_line(explanation));
  append_row(out, "permission", permission_line(now, explanation.endpoint), kMost);
  append_row(out, "policy", policy_line(now));
  append_row(out, "takes turns", now.caller.empty() ? "" : "as " + now.caller);
  if (now.cache) append_row(out, "cache", cache_line(*now.cache));
  append_row(out, "now", is_ingest ? ingest_line(now) : outcome_line(now));
  if (now.refusal) append_refusal(out, *now.refusal);
  if (now.bucket) {
    append_bucket(out, *now.bucket);
  } else if (now.limited && explanation.live) {
    append_row(out, "limit", "not known before the first call");
  }
}

}  // namespace

std::string describe(const relay::Explanation& explanation) {
  std::string out = printable(explanation.method + " " + explanation.path, 400) + '\n';
  append_row(out, "sent as", explanation.sent_as);
  append_endpoint(out, explanation.endpoint);
  append_prospect(out, explanation);
  return out;
}

}  // namespace postern::cli
