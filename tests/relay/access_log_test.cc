#include "relay/access_log.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::relay {
namespace {

using namespace std::chrono_literals;

AccessRecord record() {
  AccessRecord made;
  made.method = "GET";
  made.path = "/api/0/organizations/acme/issues/";
  made.status = 200;
  made.grant = "acme";
  made.origin = "sentry";
  made.bytes_in = 12;
  made.bytes_out = 3456;
  made.queue = 1500us;
  made.upstream = 20ms;
  made.total = 22ms;
  made.attempts = 1;
  made.request_id = "r-1";
  return made;
}

std::string written(const AccessRecord& made, log::Options options = {}) {
  options.format = log::Format::kJson;
  std::string text;
  {
    log::Logger logger(options, [&text](std::string_view bytes) { text.append(bytes); });
    write_access(logger, made);
  }
  return text;
}

TEST(AccessLog, OneLineSaysWhatHappened) {
  const std::string line = written(record());
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  for (const std::string_view part :
       {R"("method":"GET")", R"("path":"/api/0/organizations/acme/issues/")", R"("status":200)",
        R"("grant":"acme")", R"("origin":"sentry")", R"("bytes_in":12)", R"("bytes_out":3456)",
        R"("queue_ms":1.500)", R"("upstream_ms":20.000)", R"("total_ms":22.000)", R"("attempts":1)",
        R"("request_id":"r-1")"}) {
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
  }
}

TEST(AccessLog, APathThatWasSentInsteadStandsBesideTheCallers) {
  AccessRecord made = record();
  made.path = "/api/0/issues/1/";
  made.sent_as = "/api/0/organizations/acme/issues/1/";
  const std::string line = written(made);
  EXPECT_NE(
      line.find(R"("path":"/api/0/issues/1/","sent_as":"/api/0/organizations/acme/issues/1/")"),
      std::string::npos)
      << line;
}

TEST(AccessLog, WhatIsNotKnownIsLeftOut) {
  const std::string line = written(record());
  EXPECT_EQ(line.find("\"reason\""), std::string::npos) << line;
  EXPECT_EQ(line.find("\"code\""), std::string::npos) << line;
  EXPECT_EQ(line.find("\"sent_as\""), std::string::npos) << line;
}

TEST(AccessLog, CallsThatALimitTurnedAwayAreCountedWhenThereWereAny) {
  EXPECT_EQ(written(record()).find("\"limited\""), std::string::npos);
  AccessRecord made = record();
  made.limited = 2;
  EXPECT_NE(written(made).find(R"("limited":2)"), std::string::npos);
}

TEST(AccessLog, APathCannotForgeALine) {
  AccessRecord made = record();
  made.path = "/x\r\n{\"event\":\"request\"}\x1b[2J";
  const std::string line = written(made);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST(AccessLog, AVeryLongPathIsCut) {
  AccessRecord made = record();
  const std::string path(8000, 'a');
  made.path = path;
  EXPECT_LT(written(made).size(), 1500u);
}

TEST(AccessLog, NothingIsWrittenWhenItIsOff) {
  log::Options options;
  options.access = false;
  EXPECT_EQ(written(record(), options), "");
}

}  // namespace
}  // namespace postern::relay
