#include "base/did_you_mean.h"

#include <gtest/gtest.h>

#include <array>

namespace postern::text {
namespace {

TEST(DidYouMean, EndsAMessageOrIsNothing) {
  constexpr std::array<std::string_view, 2> kKeys{"listen", "timeout"};
  EXPECT_EQ(did_you_mean("listne", kKeys), "; did you mean listen?");
  EXPECT_EQ(did_you_mean("x", kKeys), "");
  EXPECT_EQ(did_you_mean("listen"), "; did you mean listen?");
}

}  // namespace
}  // namespace postern::text
