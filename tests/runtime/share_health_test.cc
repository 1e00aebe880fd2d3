#include "runtime/share_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/fake_clock.h"

namespace postern::runtime {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ShareHealthTest : public testing::Test {
 protected:
  // What is asked now is answered, or fails, so much later.
  void answers(Duration after = 1ms) {
    const Instant asked = clock_.now();
    clock_.advance(after);
    health_.on_answer(asked);
  }
  void fails(Duration after = 1ms) {
    const Instant asked = clock_.now();
    clock_.advance(after);
    health_.on_failure(asked, "cannot reach redis://r:6379");
  }
  const std::string& log() {
    logger_.flush();
    return log_;
  }

  test::FakeClock clock_;
  std::string log_;
  log::Logger logger_{{}, [this](std::string_view bytes) { log_.append(bytes); }};
  ShareHealth health_{clock_, logger_};
};

TEST_F(ShareHealthTest, SaysNothingWhileAllIsWell) {
  answers();
  answers();
  EXPECT_EQ(health_.report().answered, 2U);
  EXPECT_THAT(health_.report().fault, IsEmpty());
  EXPECT_THAT(log(), IsEmpty());
}

TEST_F(ShareHealthTest, ThoseOnTheListAreCountedWhenTheyAreMore) {
  health_.on_listed(3);
  EXPECT_EQ(health_.report().replicas, 3U);
  health_.on_replicas(1);
  EXPECT_EQ(health_.report().replicas, 3U);
  health_.on_replicas(4);
  EXPECT_EQ(health_.report().replicas, 4U);
  health_.on_replicas(1);
  health_.on_listed(2);
  EXPECT_EQ(health_.report().replicas, 2U);
}

TEST_F(ShareHealthTest, AMomentWithoutAnswersIsNoNews) {
  answers();
  fails();
  EXPECT_EQ(health_.report().fault, "cannot reach redis://r:6379");
  clock_.advance(500ms);
  fails();
  answers();
  EXPECT_THAT(health_.report().fault, IsEmpty());
  EXPECT_EQ(health_.report().failed, 2U);
  EXPECT_THAT(log(), IsEmpty());
}

TEST_F(ShareHealthTest, ThatNobodyAnswersIsSaidOnceAndThatItIsOver) {
  answers();
  health_.on_replicas(3);
  fails(2s);
  fails(2s);
  EXPECT_THAT(log(), HasSubstr(" warn limits_unshared reason=\"cannot reach redis://r:6379\" "
                               "replicas=3 detail="));
  EXPECT_EQ(log().find("limits_unshared"), log().rfind("limits_unshared"));
  EXPECT_THAT(log(), Not(HasSubstr("limits_shared")));
  answers();
  answers();
  EXPECT_THAT(log(), HasSubstr(" info limits_shared lasted_ms=4001.000"));
  EXPECT_EQ(log().find("limits_shared"), log().rfind("limits_shared"));
}

TEST_F(ShareHealthTest, AnAnswerThatComesTooLateIsAsBadAsNone) {
  answers(150ms);
  EXPECT_EQ(health_.report().late, 1U);
  EXPECT_THAT(health_.report().fault, HasSubstr("after 150ms"));
  clock_.advance(1s);
  answers(150ms);
  EXPECT_THAT(log(), HasSubstr("limits_unshared"));
}

}  // namespace
}  // namespace postern::runtime
