#include "base/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Version, IsSemantic) {
  EXPECT_THAT(std::string(version()),
              testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9a-z.]+)?"));
}

}  // namespace
}  // namespace postern
