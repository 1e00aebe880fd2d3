#include "cli/choose_grant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/streams.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;

TEST(ChooseGrant, TakesTheOnlyOneOrTheNamedOne) {
  config::Options options;
  options.grants.resize(1);
  options.grants[0].grant.name = "acme";
  Streams streams;
  EXPECT_EQ(choose_grant(options, "", streams.context), &options.grants[0]);
  EXPECT_EQ(choose_grant(options, "acme", streams.context), &options.grants[0]);
  EXPECT_EQ(streams.err.str(), "");
  EXPECT_EQ(choose_grant(options, "x\x1b", streams.context), nullptr);
  EXPECT_THAT(streams.err.str(), HasSubstr("no grant x?; there are: acme"));
  options.grants.resize(2);
  options.grants[1].grant.name = "beta";
  EXPECT_EQ(choose_grant(options, "", streams.context), nullptr);
  EXPECT_THAT(streams.err.str(), HasSubstr("which grant? Add --grant NAME; there are: acme, beta"));
  EXPECT_EQ(choose_grant(options, "beta", streams.context), &options.grants[1]);
}

}  // namespace
}  // namespace postern::cli
