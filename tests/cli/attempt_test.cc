#include "cli/attempt.h"

#include <gmock/gmock.h>

#include "cli/attempt_fixture.h"

namespace postern::cli {
namespace {

using AttemptTest = AttemptFixture;

TEST_F(AttemptTest, WaitsFiveMinutesUnlessToldOtherwise) {
  EXPECT_EQ(attempt_.timeout(), std::chrono::minutes(5));
  arguments_.timeout = std::chrono::seconds(90);
  EXPECT_EQ(attempt_.timeout(), std::chrono::seconds(90));
}

}  // namespace
}  // namespace postern::cli
