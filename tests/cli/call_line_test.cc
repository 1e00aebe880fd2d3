#include "cli/call_line.h"

#include <gtest/gtest.h>

namespace postern::cli {
namespace {

using Kind = CallLine::Kind;

std::string read(std::string_view line) {
  const CallLine call = read_call_line(line);
  if (call.kind == Kind::kOther) return "other";
  if (call.kind == Kind::kBad) return "bad";
  return call.method + ' ' + call.path + (call.grant.empty() ? "" : " grant " + call.grant) +
         (call.code.empty() ? "" : " code " + call.code);
}

constexpr std::string_view kStamp = "2026-11-29T18:00:42.123Z ";

TEST(CallLine, AListNamesMethodAndPath) {
  EXPECT_EQ(read("GET /api/0/projects/"), "GET /api/0/projects/");
  EXPECT_EQ(read("  post\t /api/0/x/?q=1#f   # why\r"), "POST /api/0/x/");
  EXPECT_EQ(read("GET https://sentry.io/api/0/x/"), "GET /api/0/x/");
  EXPECT_EQ(read(""), "other");
  EXPECT_EQ(read("# GET /api/0/x/"), "other");
}

TEST(CallLine, WhatIsNeitherIsBad) {
  EXPECT_EQ(read("/api/0/projects/"), "bad");
  EXPECT_EQ(read("FETCH /api/0/projects/"), "bad");
  EXPECT_EQ(read("GET"), "bad");
  EXPECT_EQ(read("GET api/0/projects/"), "bad");
  EXPECT_EQ(read("hello"), "bad");
}

TEST(CallLine, WhatWasSentInsteadIsTheCall) {
  EXPECT_EQ(read(std::string(kStamp) + "info request method=GET path=/api/0/projects/ "
                                       "sent_as=/api/0/organizations/acme/projects/ status=200"),
            "GET /api/0/organizations/acme/projects/");
  EXPECT_EQ(read(R"({"time":"x","level":"info","event":"request","method":"GET",)"
                 R"("path":"/api/0/projects/",)"
                 R"("sent_as":"/api/0/organizations/acme/projects/"})"),
            "GET /api/0/organizations/acme/projects/");
}

TEST(CallLine, PosternsTextLog) {
  EXPECT_EQ(read(std::string(kStamp) +
                 "info request method=GET path=/api/0/x/ status=403 origin=postern "
                 "code=missing_scope reason=\"a \\\"word\\\" path=/y/\" grant=acme attempts=1"),
            "GET /api/0/x/ grant acme code missing_scope");
  EXPECT_EQ(read(std::string(kStamp) + "info request method=GET path=\"/api/0/x=y/\" status=200"),
            "GET /api/0/x=y/");
  EXPECT_EQ(read("Nov 29 18:00:42 host postern[7]: " + std::string(kStamp) +
                 "info request method=GET path=/api/0/x/ status=200"),
            "GET /api/0/x/");
}

TEST(CallLine, PosternsJsonLog) {
  const std::string start = R"({"time":"2026-11-29T18:00:42.123Z","level":"info","event":)";
  EXPECT_EQ(read(start + R"("request","method":"PUT","path":"/api/0/x/","grant":"acme"})"),
            "PUT /api/0/x/ grant acme");
  EXPECT_EQ(read("pod-1 " + start + R"("request","method":"PUT","path":"/api/0/x/"})"),
            "PUT /api/0/x/");
  EXPECT_EQ(read(start + R"("started","listen":"127.0.0.1:1"})"), "other");
  EXPECT_EQ(read(start + R"("request","meth)"), "bad");
}

TEST(CallLine, OtherLinesOfPosternsLogAreNoCalls) {
  EXPECT_EQ(read(std::string(kStamp) + "info listening address=127.0.0.1:7979"), "other");
  EXPECT_EQ(read(std::string(kStamp) + "warn refresh_failed grant=acme"), "other");
  // Answered before there was a head to speak of.
  EXPECT_EQ(read(std::string(kStamp) + "info request status=400 code=bad_request"), "other");
}

TEST(CallLine, CommonAndCombinedLogs) {
  const std::string start = "127.0.0.1 - - [29/Nov/2026:18:00:42 +0000] ";
  EXPECT_EQ(read(start + R"("GET /api/0/x/?q=1 HTTP/1.1" 200 12)"), "GET /api/0/x/");
  EXPECT_EQ(read(start + R"("POST /api/0/x/ HTTP/2.0" 200 12 "-" "curl/8")"), "POST /api/0/x/");
  EXPECT_EQ(read(start + R"("\x16\x03\x01" 400 157 "-" "-")"), "bad");
  EXPECT_EQ(read(start + R"("-" 408 0 "-" "-")"), "bad");
}

}  // namespace
}  // namespace postern::cli
