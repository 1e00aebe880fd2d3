#include "limits/watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "limits/builders.h"
#include "limits/driver.h"

namespace postern::limits {
namespace {

using test::Driver;
using test::request;
using test::Sentry;
using testing::ElementsAre;

struct Notes final : Watcher {
  void on_full(const LimitNews& news) override {
    lines.push_back("full " + news.key.host + ' ' + std::string(news.route));
    wait = news.wait;
  }
  void on_room(const LimitNews& news) override {
    lines.push_back("room " + news.key.host + ' ' + std::string(news.route));
    lasted = news.lasted;
  }
  void on_resting(std::string_view host, Duration rest) override {
    lines.push_back("resting " + std::string(host));
    wait = rest;
  }
  void on_back(std::string_view host, Duration since) override {
    lines.push_back("back " + std::string(host));
    lasted = since;
  }
  std::vector<std::string> lines;
  Duration wait{};
  Duration lasted{};
};

struct WatcherTest : testing::Test {
  void watch(Driver& driver) { driver.governor.watch(notes); }
  Notes notes;
};

TEST_F(WatcherTest, IsToldWhenDemandOutgrowsALimitAndWhenThereIsRoom) {
  Sentry sentry;
  Driver driver(sentry);
  watch(driver);
  for (int i = 0; i < 500; ++i) driver.ask("a");
  driver.run(driver.now + 30);
  EXPECT_THAT(notes.lines, ElementsAre("full sentry.io /issues/"));
  EXPECT_GE(notes.wait, std::chrono::seconds(1));
  driver.run(driver.now + 60);
  EXPECT_THAT(notes.lines, ElementsAre("full sentry.io /issues/", "room sentry.io /issues/"));
  EXPECT_GE(notes.lasted, std::chrono::seconds(8)) << "500 calls at 40 a second";
  EXPECT_LE(notes.lasted, std::chrono::seconds(20)) << "not until it was said";
  EXPECT_FALSE(driver.governor.next_wakeup().has_value());
}

TEST_F(WatcherTest, IsNotToldOfTheMomentsThatPacingTakes) {
  Sentry sentry;
  Driver driver(sentry);
  watch(driver);
  for (int i = 0; i < 10; ++i) driver.ask("a");
  driver.run(driver.now + 2);
  for (int i = 0; i < 35; ++i) driver.ask("a");
  driver.run(driver.now + 2);
  EXPECT_THAT(notes.lines, ElementsAre());
}

TEST_F(WatcherTest, IsToldWhenAHostRestsAndWhenItIsBack) {
  Driver driver;
  watch(driver);
  driver.always_answer(503);
  for (int i = 0; i < 5; ++i) {
    driver.ask(request("a", driver.now));
    driver.run(driver.now + 0.1);
  }
  EXPECT_THAT(notes.lines, ElementsAre("resting sentry.io"));
  EXPECT_GT(notes.wait, Duration::zero());
  driver.always_answer(200);
  for (int i = 0; i < 20; ++i) {
    driver.run(driver.now + 1);
    driver.ask(request("a", driver.now));
  }
  driver.run(driver.now + 1);
  EXPECT_THAT(notes.lines, ElementsAre("resting sentry.io", "back sentry.io"));
  EXPECT_GT(notes.lasted, std::chrono::seconds(1));
}

// A failed try after the rest is no news.
TEST_F(WatcherTest, AHostThatGoesOnFailingIsToldOfOnce) {
  Driver driver;
  watch(driver);
  driver.always_answer(503);
  for (int i = 0; i < 60; ++i) {
    driver.ask("a");
    driver.run(driver.now + 1);
  }
  EXPECT_THAT(notes.lines, ElementsAre("resting sentry.io"));
}

TEST_F(WatcherTest, WithoutOneNothingIsLookedFor) {
  Sentry sentry;
  Driver driver(sentry);
  for (int i = 0; i < 500; ++i) driver.ask("a");
  driver.run(driver.now + 30);
  EXPECT_FALSE(driver.governor.next_wakeup().has_value());
}

}  // namespace
}  // namespace postern::limits
