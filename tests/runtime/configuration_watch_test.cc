#include "runtime/configuration_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_background.h"
#include "support/fake_clock.h"
#include "support/fake_timers.h"

namespace postern::runtime {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ConfigurationWatchTest : public testing::Test, private ConfigurationHolder {
 protected:
  ConfigurationWatchTest() { watch_.start(); }

  // Lets `time` pass; whatever is to be read is read at once.
  void pass(Duration time) {
    for (const Instant end = clock_.now() + time; clock_.now() < end;) {
      timers_.advance(100ms);
      background_.run();
    }
  }
  ConfigurationSource source() {
    return {mark_, [this] { return mark_; },
            [this]() -> Reading {
              if (fault_.empty()) return config::Loaded();
              return tl::unexpected(std::vector<std::string>{fault_});
            }};
  }

  std::string mark_ = "first";
  std::string fault_;
  std::vector<std::string> heard_;
  test::FakeClock clock_;
  test::FakeTimers timers_{clock_};
  test::FakeBackground background_;
  ConfigurationWatch watch_{source(), background_, timers_, clock_, *this};

 private:
  void on_loading() override { heard_.emplace_back("loading"); }
  void on_loaded(const config::Loaded&) override { heard_.emplace_back("loaded"); }
  void on_refused(const std::vector<std::string>& faults) override {
    heard_.push_back(faults.front());
  }
};

TEST_F(ConfigurationWatchTest, AFileThatStaysIsNotRead) {
  pass(10s);
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(ConfigurationWatchTest, AFileThatHasChangedIsReadOnceWithinTwoSeconds) {
  mark_ = "second";
  pass(1500ms);
  EXPECT_THAT(heard_, IsEmpty());
  pass(10s);
  EXPECT_THAT(heard_, ElementsAre("loading", "loaded"));
}

TEST_F(ConfigurationWatchTest, WhileItIsBeingWrittenItIsLeftAlone) {
  for (int i = 0; i < 5; ++i) {
    mark_ = std::to_string(i);
    pass(1s);
  }
  EXPECT_THAT(heard_, IsEmpty());
  pass(1s);
  EXPECT_THAT(heard_, ElementsAre("loading", "loaded"));
}

TEST_F(ConfigurationWatchTest, AFaultIsToldOnceUntilTheFileChangesAgain) {
  mark_ = fault_ = "no such key";
  pass(10s);
  EXPECT_THAT(heard_, ElementsAre("loading", "no such key"));
  fault_.clear();
  mark_ = "first";  // as it was
  pass(3s);
  EXPECT_THAT(heard_, ElementsAre("loading", "no such key", "loading", "loaded"));
}

TEST_F(ConfigurationWatchTest, ReloadingReadsAtOnceWhateverTheFileIsLike) {
  watch_.reload();
  background_.run();
  EXPECT_THAT(heard_, ElementsAre("loading", "loaded"));
}

TEST_F(ConfigurationWatchTest, WhatReloadingHasReadIsNotReadAgain) {
  mark_ = "second";
  watch_.reload();
  background_.run();
  pass(5s);
  EXPECT_THAT(heard_, ElementsAre("loading", "loaded"));
}

TEST_F(ConfigurationWatchTest, WhoAsksWhileItIsReadGetsAnotherReading) {
  watch_.reload();
  watch_.reload();
  watch_.reload();
  background_.run();
  EXPECT_THAT(heard_, ElementsAre("loading", "loaded", "loading", "loaded"));
}

TEST_F(ConfigurationWatchTest, StoppedItSaysNothing) {
  watch_.reload();
  watch_.stop();
  background_.run();
  mark_ = "second";
  watch_.reload();
  pass(5s);
  EXPECT_THAT(heard_, ElementsAre("loading"));
}

TEST_F(ConfigurationWatchTest, WhatCannotBeReadAgainIsSaid) {
  ConfigurationSource once = source();
  once.read = {};
  struct Holder final : runtime::ConfigurationHolder {
    void on_loading() override { ADD_FAILURE(); }
    void on_loaded(const config::Loaded&) override { ADD_FAILURE(); }
    void on_refused(const std::vector<std::string>& faults) override { heard = faults; }
    std::vector<std::string> heard;
  } holder;
  ConfigurationWatch watch(once, background_, timers_, clock_, holder);
  watch.start();
  watch.reload();
  EXPECT_THAT(holder.heard, ElementsAre("what came from standard input is read once"));
}

}  // namespace
}  // namespace postern::runtime
