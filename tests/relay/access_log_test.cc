#include "relay/access_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <tuple>

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

std::string written(const AccessRecord& made, const AccessLogOptions& options = {},
                    log::Options log_options = {}) {
  log_options.format = log::Format::kJson;
  std::string text;
  {
    log::Logger logger(log_options, [&text](std::string_view bytes) { text.append(bytes); });
    write_access(logger, options, made);
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

TEST(AccessLog, WhoHasShownACertificateIsNamed) {
  AccessRecord made = record();
  EXPECT_EQ(written(made).find("caller"), std::string::npos);
  made.caller = "web.shop.svc";
  EXPECT_NE(written(made).find(R"("caller":"web.shop.svc")"), std::string::npos);
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

TEST(AccessLog, ATraceIsNamedWhenThereIsOne) {
  EXPECT_EQ(written(record()).find("trace_id"), std::string::npos);
  AccessRecord made = record();
  made.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  EXPECT_NE(written(made).find(R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736")"),
            std::string::npos);
}

// How many of 1000 requests with ids of their own have a line.
int lines_of(AccessRecord made, const AccessLogOptions& options) {
  std::string text;
  {
    log::Logger logger({}, [&text](std::string_view bytes) { text.append(bytes); });
    for (int i = 0; i < 1000; ++i) {
      const std::string id = "job-7:" + std::to_string(i);
      made.request_id = id;
      write_access(logger, options, made);
    }
  }
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

TEST(AccessLog, AShareOfTheUsualRequestsHasALine) {
  AccessLogOptions options;
  EXPECT_EQ(lines_of(record(), options), 1000);
  options.sample = 0.2;
  EXPECT_NEAR(lines_of(record(), options), 200, 50);
  options.sample = 0;
  EXPECT_EQ(lines_of(record(), options), 0);
}

TEST(AccessLog, TheSameIdIsChosenEachTimeAndByEveryLargerShare) {
  for (int i = 0; i < 1000; ++i) {
    const std::string id = std::to_string(i);
    EXPECT_EQ(is_sampled(id, 0.1), is_sampled(id, 0.1));
    if (is_sampled(id, 0.1)) {
      EXPECT_TRUE(is_sampled(id, 0.5));
    }
  }
}

TEST(AccessLog, WhatAsksToBeLookedAtHasItsLineWhateverTheShare) {
  AccessLogOptions options;
  options.sample = 0;
  const std::function<void(AccessRecord&)> kUnusual[] = {
      [](AccessRecord& r) { r.status = 0; },
      [](AccessRecord& r) { r.status = 404; },
      [](AccessRecord& r) { r.status = 503; },
      [](AccessRecord& r) { r.code = "upstream_broken"; },
      [](AccessRecord& r) { r.reason = "client_closed"; },
      [](AccessRecord& r) { r.missing_scope = "event:write"; },
      [](AccessRecord& r) { r.attempts = 2; },
      [](AccessRecord& r) { r.total = AccessLogOptions().slow; },
  };
  for (const auto& change : kUnusual) {
    AccessRecord made = record();
    change(made);
    EXPECT_NE(written(made, options), "");
  }
}

TEST(AccessLog, ASlowRequestIsAWarningThatNamesWhereItsTimeWent) {
  AccessLogOptions options;
  options.slow = 2s;
  log::Options warnings;
  warnings.level = log::Level::kWarn;
  AccessRecord made = record();
  made.total = 1999ms;
  EXPECT_EQ(written(made, options, warnings), "");
  const std::tuple<Duration, Duration, Duration, const char*> kRows[] = {
      {3s, 2500ms, 100ms, "queue"},
      {3s, 0s, 2900ms, "upstream"},
      {3s, 500ms, 500ms, "transfer"},
  };
  for (const auto& [total, queue, upstream, part] : kRows) {
    made.total = total;
    made.queue = queue;
    made.upstream = upstream;
    const std::string line = written(made, options, warnings);
    EXPECT_NE(line.find(R"("level":"warn")"), std::string::npos) << line;
    EXPECT_NE(line.find("\"slow\":\"" + std::string(part) + "\""), std::string::npos) << line;
  }
}

TEST(AccessLog, NoneIsSlowWhenThatIsOff) {
  AccessLogOptions options;
  options.slow = 0s;
  AccessRecord made = record();
  made.total = 1h;
  EXPECT_EQ(written(made, options).find("slow"), std::string::npos);
}

TEST(AccessLog, NothingIsWrittenWhenItIsOff) {
  log::Options options;
  options.access = false;
  EXPECT_EQ(written(record(), {}, options), "");
}

}  // namespace
}  // namespace postern::relay
