#include "relay/problem.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace postern::relay {
namespace {

struct Row {
  Code code;
  std::string_view name;
  int status;
};

constexpr Row kRows[] = {
    {Code::kBadRequest, "bad_request", 400},
    {Code::kMethodNotAllowed, "method_not_allowed", 405},
    {Code::kRequestTimeout, "request_timeout", 408},
    {Code::kPreconditionRequired, "precondition_required", 412},
    {Code::kBodyTooLarge, "body_too_large", 413},
    {Code::kTargetTooLong, "target_too_long", 414},
    {Code::kHeadTooLarge, "head_too_large", 431},
    {Code::kExpectationFailed, "expectation_failed", 417},
    {Code::kNotImplemented, "not_implemented", 501},
    {Code::kVersionNotSupported, "version_not_supported", 505},
    {Code::kNotAnApiPath, "not_an_api_path", 404},
    {Code::kForbiddenCaller, "forbidden_caller", 403},
    {Code::kMisdirected, "misdirected", 421},
    {Code::kAmbiguousGrant, "ambiguous_grant", 409},
    {Code::kUnknownGrant, "unknown_grant", 404},
    {Code::kGrantNotAllowedHere, "grant_not_allowed_here", 403},
    {Code::kWrongOrganization, "wrong_organization", 403},
    {Code::kMissingScope, "missing_scope", 403},
    {Code::kUnpinnable, "unpinnable", 403},
    {Code::kPolicyDenied, "policy_denied", 403},
    {Code::kRateLimited, "rate_limited", 429},
    {Code::kQueueFull, "queue_full", 503},
    {Code::kUpstreamResting, "upstream_resting", 503},
    {Code::kDraining, "draining", 503},
    {Code::kGrantMissing, "grant_missing", 503},
    {Code::kReauthorizationRequired, "reauthorization_required", 503},
    {Code::kGrantUnavailable, "grant_unavailable", 503},
    {Code::kUpstreamUnreachable, "upstream_unreachable", 502},
    {Code::kUpstreamBroken, "upstream_broken", 502},
    {Code::kUpstreamTimeout, "upstream_timeout", 504},
    {Code::kInternal, "internal", 500},
};

Problem problem(Code code, std::string detail = {}, std::string action = {}) {
  Problem made;
  made.code = code;
  made.detail = std::move(detail);
  made.action = std::move(action);
  return made;
}

TEST(Problem, EachCodeHasItsNameAndStatus) {
  for (const Row& row : kRows) {
    EXPECT_EQ(name(row.code), row.name);
    EXPECT_EQ(status(row.code), row.status) << row.name;
  }
  EXPECT_EQ(std::size(kRows), static_cast<size_t>(Code::kInternal) + 1);
}

TEST(Problem, EachCodeHasATitleOfItsOwn) {
  std::set<std::string_view> titles;
  for (const Row& row : kRows) {
    EXPECT_FALSE(title(row.code).empty()) << row.name;
    EXPECT_TRUE(titles.insert(title(row.code)).second) << row.name;
  }
}

TEST(Problem, TheBodySaysEverythingInOneObject) {
  EXPECT_EQ(to_json(problem(Code::kUnknownGrant, "There is no grant x.", "Use acme.")),
            "{\"type\":\"urn:postern:problem:unknown_grant\",\"title\":\"There is no such grant\","
            "\"status\":404,\"detail\":\"There is no grant x.\",\"code\":\"unknown_grant\","
            "\"action\":\"Use acme.\"}\n");
}

TEST(Problem, AMissingScopeIsToldToProgramsToo) {
  Problem lacks = problem(Code::kMissingScope, "d", "a");
  lacks.scopes = {{"event:write", "event:admin"}, {}, "event:write"};
  EXPECT_NE(to_json(lacks).find("\"needed\":[\"event:write\",\"event:admin\"],\"granted\":[],"
                                "\"least\":\"event:write\"}\n"),
            std::string::npos)
      << to_json(lacks);
}

TEST(Problem, WithoutAnActionThereIsNoMemberForIt) {
  EXPECT_EQ(to_json(problem(Code::kInternal, "x")).find("action"), std::string::npos);
}

// Sentry's own clients show `detail`, so it is never empty.
TEST(Problem, WithoutADetailTheTitleStandsInForIt) {
  EXPECT_NE(to_json(problem(Code::kInternal)).find("\"detail\":\"Postern made a mistake\""),
            std::string::npos);
}

// They print `detail` and no `action`, and sentry-cli nothing of a body of another type.
TEST(Problem, SentrysOwnClientsAreToldTheActionInTheDetail) {
  const Problem made = problem(Code::kUnknownGrant, "there is no grant x", "use acme");
  const std::string json = to_json(made, Reader::kSentryClient);
  EXPECT_NE(json.find(R"("detail":"there is no grant x; use acme",)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("action":"use acme")"), std::string::npos) << json;
  EXPECT_NE(to_json(problem(Code::kUnknownGrant, "No x.", "Use y."), Reader::kSentryClient)
                .find(R"("detail":"No x. Use y.",)"),
            std::string::npos);
  EXPECT_EQ(to_json(problem(Code::kInternal, "x"), Reader::kSentryClient),
            to_json(problem(Code::kInternal, "x")));
  EXPECT_EQ(media_type(Reader::kSentryClient), "application/json");
  EXPECT_EQ(media_type(Reader::kAny), "application/problem+json");
}

TEST(Problem, SentrysOwnClientsAreKnownByTheirUserAgent) {
  const auto reader = [](std::string_view agent) {
    return reader_of({{"User-Agent", agent, http::FieldName::kOther}});
  };
  EXPECT_EQ(reader("sentry-cli/3.8.0"), Reader::kSentryClient);
  EXPECT_EQ(reader("sentry-mcp/0.36.0 (https://mcp.sentry.dev)"), Reader::kSentryClient);
  EXPECT_EQ(reader("curl/7.88.1"), Reader::kAny);
  EXPECT_EQ(reader("sentry-client"), Reader::kAny);
  EXPECT_EQ(reader_of({}), Reader::kAny);
}

TEST(Problem, OddBytesCannotLeaveTheirString) {
  using namespace std::string_literals;
  const std::string json =
      to_json(problem(Code::kInternal, "a\"b\\c\r\n\t\0d\x1b\x7f\xff\xc0\xae \xe2\x82\xac"s,
                      "\",\"status\":200,\"x\":\""));
  EXPECT_NE(json.find(R"("detail":"a\"b\\c\u000d\u000a\u0009\u0000d\u001b\u007f\ufffd\ufffd\ufffd )"
                      "\xe2\x82\xac\""),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("action":"\",\"status\":200,\"x\":\"")"), std::string::npos) << json;
}

TEST(Problem, EachStatusOfTheParserHasItsCode) {
  constexpr std::pair<int, Code> kStatuses[] = {
      {400, Code::kBadRequest},   {405, Code::kMethodNotAllowed}, {408, Code::kRequestTimeout},
      {413, Code::kBodyTooLarge}, {414, Code::kTargetTooLong},    {417, Code::kExpectationFailed},
      {431, Code::kHeadTooLarge}, {501, Code::kNotImplemented},   {505, Code::kVersionNotSupported},
      {499, Code::kBadRequest},
  };
  for (const auto& [parser_status, code] : kStatuses) {
    const Problem made = from_parse_error({parser_status, "why"});
    EXPECT_EQ(made.code, code) << parser_status;
    EXPECT_EQ(made.detail, "why");
    EXPECT_EQ(made.retry_after, 0);
  }
}

TEST(Problem, EachFailureOfTheUpstreamHasItsCode) {
  struct Expected {
    http::FailKind kind;
    Code code;
    bool retry_after;
  };
  constexpr Expected kFailures[] = {
      {http::FailKind::kUnreachable, Code::kUpstreamUnreachable, false},
      {http::FailKind::kTls, Code::kUpstreamUnreachable, false},
      {http::FailKind::kTimeout, Code::kUpstreamTimeout, false},
      {http::FailKind::kBroken, Code::kUpstreamBroken, false},
      {http::FailKind::kClosed, Code::kUpstreamBroken, false},
      {http::FailKind::kOverloaded, Code::kQueueFull, true},
  };
  for (const Expected& row : kFailures) {
    http::Failure failure;
    failure.kind = row.kind;
    failure.detail = "connect: refused";
    const Problem made = from_failure(failure);
    EXPECT_EQ(made.code, row.code);
    EXPECT_EQ(made.detail, "connect: refused");
    EXPECT_FALSE(made.action.empty());
    EXPECT_EQ(made.retry_after > 0, row.retry_after);
  }
}

}  // namespace
}  // namespace postern::relay
