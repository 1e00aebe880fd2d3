#include "relay/problem.h"

#include <array>

#include "base/escape.h"

namespace postern::relay {
namespace {

struct Row {
  Code code;
  std::string_view name;
  int status;
  std::string_view title;
};

// In the order of the enum, so that a code is its own index.
constexpr std::array kTable = {
    Row{Code::kBadRequest, "bad_request", 400, "The request is malformed"},
    Row{Code::kMethodNotAllowed, "method_not_allowed", 405, "The method is not allowed"},
    Row{Code::kRequestTimeout, "request_timeout", 408, "The request came too slowly"},
    Row{Code::kPreconditionRequired, "precondition_required", 412, "A required header is missing"},
    Row{Code::kBodyTooLarge, "body_too_large", 413, "The request body is too large"},
    Row{Code::kTargetTooLong, "target_too_long", 414, "The request target is too long"},
    Row{Code::kHeadTooLarge, "head_too_large", 431, "The request head is too large"},
    Row{Code::kExpectationFailed, "expectation_failed", 417, "The expectation cannot be met"},
    Row{Code::kNotImplemented, "not_implemented", 501, "Not implemented"},
    Row{Code::kVersionNotSupported, "version_not_supported", 505,
        "The HTTP version is not supported"},
    Row{Code::kNotAnApiPath, "not_an_api_path", 404, "Not a path of the Sentry API"},
    Row{Code::kForbiddenCaller, "forbidden_caller", 403, "This caller may not use Postern"},
    Row{Code::kMisdirected, "misdirected", 421, "The request is for another host"},
    Row{Code::kAmbiguousGrant, "ambiguous_grant", 409, "More than one grant could serve this"},
    Row{Code::kUnknownGrant, "unknown_grant", 404, "There is no such grant"},
    Row{Code::kGrantNotAllowedHere, "grant_not_allowed_here", 403,
        "This listener does not serve that grant"},
    Row{Code::kWrongOrganization, "wrong_organization", 403,
        "The path names another organization than the grant's"},
    Row{Code::kMissingScope, "missing_scope", 403, "The grant lacks a scope that this call takes"},
    Row{Code::kUnpinnable, "unpinnable", 403, "The path cannot be tied to an organization"},
    Row{Code::kPolicyDenied, "policy_denied", 403,
        "The rules of this Postern do not allow this call"},
    Row{Code::kRateLimited, "rate_limited", 429, "Sentry's rate limit leaves no room in time"},
    Row{Code::kQueueFull, "queue_full", 503, "Too many requests are waiting"},
    Row{Code::kUpstreamResting, "upstream_resting", 503, "Sentry fails and is left alone"},
    Row{Code::kDraining, "draining", 503, "Postern is shutting down"},
    Row{Code::kGrantMissing, "grant_missing", 503, "The grant has no token yet"},
    Row{Code::kReauthorizationRequired, "reauthorization_required", 503,
        "The grant must be authorized again"},
    Row{Code::kGrantUnavailable, "grant_unavailable", 503,
        "The grant has no live token at the moment"},
    Row{Code::kUpstreamUnreachable, "upstream_unreachable", 502, "Sentry cannot be reached"},
    Row{Code::kUpstreamBroken, "upstream_broken", 502, "Sentry's answer is broken"},
    Row{Code::kUpstreamTimeout, "upstream_timeout", 504, "Sentry did not answer in time"},
    Row{Code::kInternal, "internal", 500, "Postern made a mistake"},
};

constexpr bool is_in_order() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].code) != i) return false;
  }
  return kTable.size() == static_cast<size_t>(Code::kInternal) + 1;
}
static_assert(is_in_order(), "one row for each code, in the order of the enum");

const Row& row(Code code) {
  return kTable[static_cast<size_t>(code)];
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  out.append(",\"").append(key).append("\":");
  log::append_quoted(out, value);
}

void append_member(std::string& out, std::string_view key, const std::vector<std::string>& values) {
  out.append(",\"").append(key).append("\":[");
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.push_back(',');
    log::append_quoted(out, values[i]);
  }
  out.push_back(']');
}

Code code_of_status(int status) {
  // The parsers' statuses are each used by one code; anything else is plain bad syntax.
  constexpr std::array kParserCodes = {Code::kMethodNotAllowed, Code::kRequestTimeout,
                                       Code::kBodyTooLarge,     Code::kTargetTooLong,
                                       Code::kHeadTooLarge,     Code::kExpectationFailed,
                                       Code::kNotImplemented,   Code::kVersionNotSupported};
  for (const Code code : kParserCodes) {
    if (row(code).status == status) return code;
  }
  return Code::kBadRequest;
}

}  // namespace

std::string_view name(Code code) {
  return row(code).name;
}

int status(Code code) {
  return row(code).status;
}

std::string_view title(Code code) {
  return row(code).title;
}

Reader reader_of(const http::Fields& request) {
  // `sentry` calls itself sentry-cli as well.
  constexpr std::array<std::string_view, 2> kNames = {"sentry-cli/", "sentry-mcp/"};
  const http::Field* agent = http::find(request, "User-Agent");
  if (agent == nullptr) return Reader::kAny;
  for (const std::string_view known : kNames) {
    if (agent->value.substr(0, known.size()) == known) return Reader::kSentryClient;
  }
  return Reader::kAny;
}

std::string_view media_type(Reader reader) {
  return reader == Reader::kAny ? "application/problem+json" : "application/json";
}

std::string to_json(const Problem& problem, Reader reader) {
  const Row& entry = row(problem.code);
  std::string detail(problem.detail.empty() ? entry.title : problem.detail);
  if (reader == Reader::kSentryClient && !problem.action.empty()) {
    detail.append(detail.back() == '.' ? " " : "; ").append(problem.action);
  }
  std::string out;
  out.reserve(256 + detail.size() + problem.action.size());
  out.append("{\"type\":\"urn:postern:problem:").append(entry.name).push_back('"');
  append_member(out, "title", entry.title);
  out.append(",\"status\":").append(std::to_string(entry.status));
  append_member(out, "detail", detail);
  append_member(out, "code", entry.name);
  if (!problem.action.empty()) append_member(out, "action", problem.action);
  if (problem.scopes) {
    append_member(out, "needed", problem.scopes->needed);
    append_member(out, "granted", problem.scopes->granted);
    append_member(out, "least", problem.scopes->least);
  }
  out.append("}\n");
  return out;
}

Problem from_parse_error(const http::ParseError& error) {
  Problem problem;
  problem.code = code_of_status(error.status);
  problem.detail = error.detail;
  return problem;
}

Problem from_failure(const http::Failure& failure) {
  Problem problem;
  problem.detail = failure.detail;
  switch (failure.kind) {
    case http::FailKind::kUnreachable:
      problem.code = Code::kUpstreamUnreachable;
      problem.action = "Check the network, the name in sentry.url and the egress proxy.";
      break;
    case http::FailKind::kTls:
      problem.code = Code::kUpstreamUnreachable;
      problem.action = "Check sentry.url and sentry.ca_file: the server's certificate must verify.";
      break;
    case http::FailKind::kTimeout:
      problem.code = Code::kUpstreamTimeout;
      problem.action =
          failure.sent == http::Sent::kNone
              ? "Try again; nothing was sent."
              : "Try again; a request that changes something may have been carried out.";
      break;
    case http::FailKind::kBroken:
    case http::FailKind::kClosed:
      problem.code = Code::kUpstreamBroken;
      problem.action = "Try again; a request that changes something may have been carried out.";
      break;
    case http::FailKind::kOverloaded:
      problem.code = Code::kQueueFull;
      problem.action = "Send fewer requests at a time.";
      problem.retry_after = 1;
      break;
  }
  return problem;
}

}  // namespace postern::relay
