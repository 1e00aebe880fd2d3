#include "relay/forward_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "relay/builders.h"

namespace postern::relay {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kBearer = "Bearer t0ken";

std::vector<std::string> sent(Pairs pairs, std::string_view id = {}) {
  http::Fields out = fields_of({{"Stale", "1"}});
  make_request_fields(request(pairs), id, kBearer, out);
  return lines_of(out);
}

std::vector<std::string> answered(Pairs pairs) {
  http::Fields out = fields_of({{"Stale", "1"}});
  make_response_fields(response(pairs), out);
  return lines_of(out);
}

bool names(const std::vector<std::string>& lines, std::string_view name) {
  return std::any_of(lines.begin(), lines.end(), [name](const std::string& line) {
    return line.size() > name.size() && line.compare(0, name.size(), name) == 0 &&
           line[name.size()] == ':';
  });
}

TEST(RequestFields, ABareRequestGetsAcceptAndTheToken) {
  EXPECT_THAT(sent({{"Host", "localhost"}}),
              ElementsAre("Accept: application/json", "Accept-Encoding: identity",
                          "Authorization: Bearer t0ken"));
}

TEST(RequestFields, OtherFieldsKeepTheirBytesLinesAndOrder) {
  EXPECT_THAT(sent({{"X-One", "1"},
                    {"User-Agent", "sentry-cli/2.0"},
                    {"X-Multi", "a"},
                    {"x-multi", "b"},
                    {"accept", "text/csv"},
                    {"sentry-trace", "0123-45"},
                    {"baggage", "a=b,c=d"},
                    {"Content-Type", "text/x; q=1"},
                    {"Content-Encoding", "zstd"},
                    {"Prefer", "wait=5"},
                    {"traceparent", "00-1-2-3"},
                    {"X-Empty", ""},
                    {"X-Bytes", "caf\xe9"}}),
              ElementsAre("X-One: 1", "User-Agent: sentry-cli/2.0", "X-Multi: a", "x-multi: b",
                          "accept: text/csv", "sentry-trace: 0123-45", "baggage: a=b,c=d",
                          "Content-Type: text/x; q=1", "Content-Encoding: zstd", "Prefer: wait=5",
                          "traceparent: 00-1-2-3", "X-Empty: ", "X-Bytes: caf\xe9",
                          "Accept-Encoding: identity", "Authorization: Bearer t0ken"));
}

TEST(RequestFields, TheRequestsIdStandsWhereTheCallersDoes) {
  EXPECT_THAT(sent({{"x-request-id", "mine"}, {"Accept", "*/*"}}, "mine"),
              ElementsAre("x-request-id: mine", "Accept: */*", "Accept-Encoding: identity",
                          "Authorization: Bearer t0ken"));
  EXPECT_THAT(sent({{"Accept", "*/*"}}, "made-1"),
              ElementsAre("Accept: */*", "Accept-Encoding: identity", "X-Request-Id: made-1",
                          "Authorization: Bearer t0ken"));
}

TEST(RequestFields, AnIdThatIsNotTheRequestsIsNotSent) {
  EXPECT_THAT(sent({{"X-Request-Id", "b\"d"}, {"X-Request-Id", "second"}}, "made-1"),
              ElementsAre("X-Request-Id: made-1", "Accept: application/json",
                          "Accept-Encoding: identity", "Authorization: Bearer t0ken"));
  EXPECT_THAT(sent({{"X-Request-Id", "mine"}}),
              ElementsAre("Accept: application/json", "Accept-Encoding: identity",
                          "Authorization: Bearer t0ken"));
}

TEST(RequestFields, FieldsThatAreNotForSentryStayHere) {
  for (const std::string_view name : {
           "Host",
           "Connection",
           "Keep-Alive",
           "Proxy-Connection",
           "Proxy-Authenticate",
           "Proxy-Authorization",
           "TE",
           "Trailer",
           "Transfer-Encoding",
           "Content-Length",
           "Upgrade",
           "HTTP2-Settings",
           "Expect",
           "Cookie",
           "Origin",
           "Referer",
           "Forwarded",
           "Via",
           "X-Forwarded-For",
           "X-Forwarded-Host",
           "X-Forwarded-Proto",
           "X-Forwarded-Anything",
           "X-Real-Ip",
           "X-Postern-Grant",
           "X-Postern-Max-Wait",
           "X-Postern-Anything",
           "Sec-Fetch-Site",
           "Sec-Fetch-Mode",
           "Sec-Fetch-Dest",
           "Sec-Fetch-User",
           "Sec-WebSocket-Key",
           "sec-ch-ua",
           "Access-Control-Request-Method",
           "Access-Control-Request-Private-Network",
           "X-Original-URL",
           "X-Rewrite-URL",
           "X-HTTP-Method-Override",
           "x-http-method-override",
           "X_HTTP_Method_Override",
           "x-http-method_override",
           "X_Original_URL",
           "X-HTTP-Method",
           "X-Method-Override",
           "X-HTTP-Host-Override",
           "X-Client-IP",
           "X-Cluster-Client-IP",
           "True-Client-IP",
       }) {
    EXPECT_THAT(sent({{name, "close"}}),
                ElementsAre("Accept: application/json", "Accept-Encoding: identity",
                            "Authorization: Bearer t0ken"))
        << name;
  }
}

TEST(RequestFields, NamesThatOnlyLookLikeThosePass) {
  for (const std::string_view name :
       {"Security", "Sec", "Sec_Fetch_Site", "X-Original-URLs", "X-Client-IPs", "True-Client",
        "Author_ization", "Cookies", "Hosts", "X-Sentry-Auth"}) {
    EXPECT_THAT(sent({{name, "1"}}), Contains(std::string(name) + ": 1")) << name;
  }
}

TEST(RequestFields, TheCallersAuthorizationIsReplacedNotMerged) {
  EXPECT_THAT(
      sent({{"Authorization", "Bearer dummy"}, {"Accept", "*/*"}, {"authorization", "Basic eDp5"}}),
      ElementsAre("Accept: */*", "Accept-Encoding: identity", "Authorization: Bearer t0ken"));
}

TEST(RequestFields, FieldsNamedByConnectionAreDropped) {
  const auto lines = sent({{"Connection", "keep-alive, X-Hop"},
                           {"X-Hop", "1"},
                           {"x-hop", "2"},
                           {"X-Hops", "3"},
                           {"Connection", "X-Other"},
                           {"X-Other", "4"}});
  EXPECT_THAT(lines, ElementsAre("X-Hops: 3", "Accept: application/json",
                                 "Accept-Encoding: identity", "Authorization: Bearer t0ken"));
}

TEST(RequestFields, ConnectionCannotTakeAwayWhatPosternAdds) {
  for (const std::string_view named : {"Authorization", "close, authorization", "Host", "Accept",
                                       "Accept-Encoding", "Content-Length", "Transfer-Encoding"}) {
    EXPECT_THAT(sent({{"Connection", named}, {"Accept", "text/csv"}}),
                testing::IsSupersetOf({"Authorization: Bearer t0ken", "Accept-Encoding: identity"}))
        << named;
  }
}

TEST(RequestFields, ConnectionCannotTakeAwayWhatDescribesTheBody) {
  EXPECT_THAT(sent({{"Connection", "Content-Encoding, Content-Type"},
                    {"Content-Encoding", "gzip"},
                    {"Content-Type", "application/json"}}),
              testing::IsSupersetOf({"Content-Encoding: gzip", "Content-Type: application/json"}));
}

TEST(RequestFields, ManyNominationsDropEverythingButWhatIsNeeded) {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "x" + std::to_string(i) + ",";
  const auto lines =
      sent({{"Connection", many}, {"x4999", "1"}, {"X-Free", "1"}, {"Content-Type", "a/b"}});
  EXPECT_THAT(lines, ElementsAre("Content-Type: a/b", "Accept: application/json",
                                 "Accept-Encoding: identity", "Authorization: Bearer t0ken"));
}

TEST(RequestFields, SixteenNominationsAreStillTakenOneByOne) {
  std::string sixteen;
  for (int i = 0; i < 16; ++i) sixteen += "x" + std::to_string(i) + ", ";
  const auto lines = sent({{"Connection", sixteen}, {"x15", "1"}, {"X-Free", "1"}});
  EXPECT_TRUE(names(lines, "X-Free"));
  EXPECT_FALSE(names(lines, "x15"));
}

TEST(RequestFields, AcceptEncodingIsNarrowedToWhatPosternCanRead) {
  constexpr std::pair<std::string_view, std::string_view> kRows[] = {
      {"gzip", "gzip"},
      {"GZip", "gzip"},
      {"x-gzip", "gzip"},
      {"gzip, deflate, br", "gzip"},
      {"br, gzip;q=0.5", "gzip"},
      {"br;q=1.0,gzip ; q=0.001", "gzip"},
      {"gzip;q=1", "gzip"},
      {"gzip;Q=0.8", "gzip"},
      {"*", "gzip"},
      {"br, *;q=0.1", "gzip"},
      {"identity", "identity"},
      {"", "identity"},
      {"br", "identity"},
      {"br, zstd, deflate", "identity"},
      {"gzip;q=0", "identity"},
      {"gzip; q=0.000", "identity"},
      {"gzip;q=0, *", "identity"},
      {"*;q=0", "identity"},
      {"gzipped", "identity"},
      {"br;gzip", "identity"},
  };
  for (const auto& [given, narrowed] : kRows) {
    const auto lines = sent({{"Accept-Encoding", given}, {"Accept", "*/*"}});
    EXPECT_THAT(lines, ElementsAre("Accept: */*", "Accept-Encoding: " + std::string(narrowed),
                                   "Authorization: Bearer t0ken"))
        << given;
  }
}

TEST(RequestFields, AcceptEncodingIsReadOverAllItsLines) {
  EXPECT_THAT(sent({{"Accept-Encoding", "br"}, {"accept-encoding", "gzip"}}),
              Contains("Accept-Encoding: gzip"));
}

TEST(RequestFields, TheListIsReusedWithoutNewMemory) {
  const auto head = request({{"Host", "localhost"}, {"User-Agent", "curl/8"}, {"Accept", "*/*"}});
  http::Fields out;
  make_request_fields(head, {}, kBearer, out);
  const http::Field* memory = out.data();
  for (int i = 0; i < 3; ++i) make_request_fields(head, {}, kBearer, out);
  EXPECT_EQ(out.data(), memory);
  EXPECT_EQ(out.size(), 4u);
}

constexpr std::string_view kSafety[] = {"X-Content-Type-Options: nosniff",
                                        "Cross-Origin-Resource-Policy: same-origin",
                                        "Content-Security-Policy: sandbox; default-src 'none'"};

TEST(ResponseFields, SafetyFieldsAreAdded) {
  EXPECT_THAT(answered({}), ElementsAre(kSafety[0], kSafety[1], kSafety[2]));
  http::Fields out = fields_of({{"Content-Type", "application/problem+json"}});
  append_safety_fields(out);
  EXPECT_THAT(lines_of(out), ElementsAre("Content-Type: application/problem+json", kSafety[0],
                                         kSafety[1], kSafety[2]));
}

TEST(ResponseFields, OtherFieldsKeepTheirBytesLinesAndOrder) {
  EXPECT_THAT(
      answered({{"X-Hits", "7"},
                {"Link", "<https://a.example/>; rel=x"},
                {"Link", "<https://b.example/>; rel=y"},
                {"Location", "https://us.sentry.io/api/0/"},
                {"X-Sentry-Rate-Limit-Limit", "40"},
                {"ETag", "W/\"1\""},
                {"WWW-Authenticate", "xBasic realm=\"api\""},
                {"Content-Type", "application/json"},
                {"Content-Encoding", "gzip"},
                {"Vary", "Accept"},
                {"vary", "Cookie"},
                {"Via", "1.1 google"},
                {"Retry-After", "3"},
                {"Date", "Tue, 15 Nov 1994 08:12:31 GMT"}}),
      ElementsAre("X-Hits: 7", "Link: <https://a.example/>; rel=x",
                  "Link: <https://b.example/>; rel=y", "Location: https://us.sentry.io/api/0/",
                  "X-Sentry-Rate-Limit-Limit: 40", "ETag: W/\"1\"",
                  "WWW-Authenticate: xBasic realm=\"api\"", "Content-Type: application/json",
                  "Content-Encoding: gzip", "Vary: Accept", "vary: Cookie", "Via: 1.1 google",
                  "Retry-After: 3", "Date: Tue, 15 Nov 1994 08:12:31 GMT", kSafety[0], kSafety[1],
                  kSafety[2]));
}

TEST(ResponseFields, FieldsThatAreNotForTheCallerStayHere) {
  for (const std::string_view name : {
           "Connection",
           "Keep-Alive",
           "Proxy-Connection",
           "Proxy-Authenticate",
           "TE",
           "Trailer",
           "Transfer-Encoding",
           "Content-Length",
           "Upgrade",
           "Set-Cookie",
           "Strict-Transport-Security",
           "Content-Security-Policy",
           "Content-Security-Policy-Report-Only",
           "X-Sentry-Proxy-URL",
           "x-sentry-proxy-url",
           "Access-Control-Allow-Origin",
           "Access-Control-Allow-Credentials",
           "Access-Control-Expose-Headers",
           "Access-Control-Allow-Private-Network",
           "Alt-Svc",
           "X-Request-Id",
           "Server-Timing",
           "X-Postern-Generated",
           "X-Postern-Grant",
           "X-Content-Type-Options",
           "Cross-Origin-Resource-Policy",
       }) {
    EXPECT_THAT(answered({{name, "close"}}), ElementsAre(kSafety[0], kSafety[1], kSafety[2]))
        << name;
  }
}

TEST(ResponseFields, FieldsNamedByConnectionAreDropped) {
  const auto lines = answered(
      {{"X-Hop", "1"}, {"Connection", "X-Hop, Content-Encoding"}, {"Content-Encoding", "gzip"}});
  EXPECT_FALSE(names(lines, "X-Hop"));
  EXPECT_THAT(lines, Contains("Content-Encoding: gzip"));
  EXPECT_THAT(lines, Not(Contains(StartsWith("Connection"))));
}

}  // namespace
}  // namespace postern::relay
