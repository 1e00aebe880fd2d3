// Every answer Postern makes itself: the one table of codes, and the body (RFC 9457).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/parser.h"
#include "http/upstream.h"

namespace postern::relay {

enum class Code : uint8_t {
  kBadRequest,
  kMethodNotAllowed,
  kRequestTimeout,
  kPreconditionRequired,
  kBodyTooLarge,
  kTargetTooLong,
  kHeadTooLarge,
  kExpectationFailed,
  kNotImplemented,
  kVersionNotSupported,
  kNotAnApiPath,
  kForbiddenCaller,
  kMisdirected,
  kAmbiguousGrant,
  kUnknownGrant,
  kGrantNotAllowedHere,
  kWrongOrganization,
  kMissingScope,
  kUnpinnable,
  kPolicyDenied,
  kRateLimited,
  kQueueFull,
  kUpstreamResting,
  kDraining,
  kGrantMissing,
  kReauthorizationRequired,
  kGrantUnavailable,
  kUpstreamUnreachable,
  kUpstreamBroken,
  kUpstreamTimeout,
  kInternal,
};

struct MissingScope {
  std::vector<std::string> needed;  // any one would do
  std::vector<std::string> granted;
  std::string least;
};

struct Problem {
  Code code = Code::kInternal;
  std::string detail;   // what and where; never a token or bytes of a body
  std::string action;   // what the caller or operator can do; may be empty
  int retry_after = 0;  // seconds; 0: no Retry-After field
  std::optional<MissingScope> scopes = std::nullopt;  // kMissingScope only
};

std::string_view name(Code code);  // "bad_request"
int status(Code code);
std::string_view title(Code code);

// Sentry's own clients print the `detail` of an error and nothing else of it, and sentry-cli reads
// none that is not called application/json.
enum class Reader : uint8_t { kAny, kSentryClient };

Reader reader_of(const http::Fields& request);  // by User-Agent
std::string_view media_type(Reader reader);
// The body. kSentryClient: the action is told in `detail` too.
std::string to_json(const Problem& problem, Reader reader = Reader::kAny);

Problem from_parse_error(const http::ParseError& error);
Problem from_failure(const http::Failure& failure);

}  // namespace postern::relay
