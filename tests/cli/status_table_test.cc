#include "cli/status_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

admin::GrantReport grant(const std::string& name, const std::string& state) {
  admin::GrantReport report;
  report.name = report.organization = name;
  report.state = state;
  report.usable = state == "fresh";
  return report;
}

std::string shown(const admin::StatusReport& report, bool colored = false) {
  return status_table(report, Style(colored));
}

TEST(StatusTable, TellsTimesInWords) {
  EXPECT_EQ(in_words(29 * 86400 + 5), "in 29 days");
  EXPECT_EQ(in_words(86400), "in 1 day");
  EXPECT_EQ(in_words(7200), "in 2 hours");
  EXPECT_EQ(in_words(61), "in 1 minute");
  EXPECT_EQ(in_words(59), "in 59 seconds");
  EXPECT_EQ(in_words(0), "0 seconds ago");
  EXPECT_EQ(in_words(-3600), "1 hour ago");
}

TEST(StatusTable, ARowForEachGrant) {
  admin::StatusReport report;
  report.running = report.ready = true;
  report.version = "1.0";
  report.pid = 42;
  report.uptime_s = 7300;
  report.listen = {"127.0.0.1:7979"};
  admin::GrantReport acme = grant("acme", "fresh");
  acme.expires_in_s = 29 * 86400;
  acme.user_id = "7";
  acme.user_name = "Jane";
  acme.user_email = "j@example.com";
  report.grants = {acme, grant("globex", "fresh")};
  EXPECT_EQ(shown(report),
            "postern 1.0, process 42, up 2 hours: ready\n"
            "listens on 127.0.0.1:7979\n"
            "\n"
            "GRANT   STATE  EXPIRES     ORGANIZATION  USER\n"
            "acme    fresh  in 29 days  acme          Jane, j@example.com, id 7\n"
            "globex  fresh  never       globex\n");
}

TEST(StatusTable, WhatToDoStandsOnALineOfItsOwn) {
  admin::StatusReport report;
  admin::GrantReport revoked = grant("acme", "revoked");
  revoked.needs_person = true;
  revoked.last_error = "refused (invalid_grant); run: postern login --grant acme";
  revoked.remedy = "run: postern login --grant acme";
  report.grants = {revoked};
  const std::string text = shown(report);
  EXPECT_THAT(text, HasSubstr("not running\n"));
  EXPECT_THAT(text, HasSubstr("acme   revoked, needs a person"));
  EXPECT_THAT(text, HasSubstr("\n       refused (invalid_grant)\n"
                              "       run: postern login --grant acme\n"));
}

TEST(StatusTable, AnErrorWithoutARemedyStaysWhole) {
  admin::StatusReport report;
  admin::GrantReport stale = grant("acme", "stale");
  stale.last_error = "the token endpoint gave no token: timeout";
  report.grants = {stale};
  EXPECT_THAT(shown(report), HasSubstr("       the token endpoint gave no token: timeout\n"));
}

TEST(StatusTable, StatesHaveColours) {
  admin::StatusReport report;
  admin::GrantReport uneasy = grant("b", "stale");
  uneasy.usable = true;
  report.grants = {grant("a", "fresh"), uneasy, grant("c", "missing")};
  const std::string text = shown(report, true);
  EXPECT_THAT(text, HasSubstr("\x1b[32mfresh\x1b[0m"));
  EXPECT_THAT(text, HasSubstr("\x1b[33mstale\x1b[0m"));
  EXPECT_THAT(text, HasSubstr("\x1b[31mmissing\x1b[0m"));
}

TEST(StatusTable, ShowsWhatIsLeftOfLimits) {
  admin::StatusReport report;
  relay::BucketView bucket;
  bucket.user = "user 7";
  bucket.host = "sentry.io";
  bucket.group = "GET";
  bucket.limit = 40;
  bucket.remaining = 12;
  bucket.in_flight = 3;
  bucket.concurrent_limit = 25;
  bucket.queued = 9;
  bucket.oldest_wait = std::chrono::milliseconds(1500);
  report.limits = {bucket};
  EXPECT_THAT(shown(report),
              HasSubstr("LIMIT                   LEFT      IN FLIGHT  WAITING\n"
                        "user 7, GET, sentry.io  12 of 40  3 of 25    9        longest 1500 ms\n"));
}

TEST(StatusTable, FaultsOfTheWholeStandAboveTheGrants) {
  admin::StatusReport report;
  report.store_fault = "no space left";
  report.configuration.fault = "p.yaml:3:1: log.level: no such level";
  report.configuration.need_restart = {"listen", "store.path"};
  EXPECT_THAT(shown(report), HasSubstr("the store cannot be written: no space left\n"
                                       "the changed configuration is not in force: "
                                       "p.yaml:3:1: log.level: no such level\n"
                                       "changed, but need a restart: listen store.path\n\nGRANT"));
}

TEST(StatusTable, TheCacheIsShownWhenItIsOn) {
  admin::StatusReport report;
  EXPECT_THAT(shown(report), Not(HasSubstr("cache")));
  report.cache = admin::CacheReport{2048, 4096, 3, 7, 1, 5, 0};
  EXPECT_THAT(shown(report), HasSubstr("cache: on, 3 answers, 2KiB of 4KiB; 7 hits, 1 shared, "
                                       "5 misses\n"));
}

TEST(StatusTable, SaysWhoSharesTheLimits) {
  admin::StatusReport report;
  EXPECT_THAT(shown(report), Not(HasSubstr("shared")));
  report.share.emplace();
  EXPECT_THAT(shown(report), HasSubstr("limits: shared; nothing was asked yet\n"));
  report.share->replicas = 3;
  EXPECT_THAT(shown(report), HasSubstr("limits: shared by 3 Posterns\n"));
  report.share->fault = "cannot reach redis://r";
  EXPECT_THAT(shown(report), HasSubstr("limits: not shared now, an equal part for each of 3 "
                                       "instead: cannot reach redis://r\n"));
}

TEST(StatusTable, CertificatesHaveColoursAndTroublesBelow) {
  admin::StatusReport report;
  admin::CertificateReport good;
  good.listener = "0.0.0.0:7979";
  good.names = {"postern.example"};
  good.expires_in_s = 89 * 86400;
  admin::CertificateReport bad = good;
  bad.listener = "0.0.0.0:7443";
  bad.expires_in_s = -86400;
  bad.callers_expire_in_s = 3 * 86400;
  EXPECT_THAT(shown(report), Not(HasSubstr("TLS")));
  report.certificates = {good, bad};
  EXPECT_THAT(shown(report),
              HasSubstr("TLS AT        FOR              EXPIRES     CALLERS' AUTHORITY\n"
                        "0.0.0.0:7979  postern.example  in 89 days  not asked for\n"
                        "0.0.0.0:7443  postern.example  1 day ago   in 3 days\n"
                        "              the certificate of 0.0.0.0:7443 has expired"));
  EXPECT_THAT(shown(report, true), HasSubstr("\x1b[31m1 day ago"));
  EXPECT_THAT(shown(report, true), HasSubstr("\x1b[33min 3 days"));
}

TEST(StatusTable, NothingFromElsewhereIsObeyed) {
  admin::StatusReport report;
  admin::GrantReport odd = grant("a\x1b[2Jb", "fre\nsh");
  odd.last_error = "x\x1b[0m";
  report.grants = {odd};
  EXPECT_THAT(shown(report), Not(HasSubstr("\x1b")));
  EXPECT_THAT(shown(report), HasSubstr("fre?sh"));
}

}  // namespace
}  // namespace postern::cli
