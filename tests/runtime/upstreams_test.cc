#include "runtime/upstreams.h"

#include <gtest/gtest.h>

namespace postern::runtime {
namespace {

class UpstreamsTest : public testing::Test {
 protected:
  int pools() const {
    int count = 0;
    upstreams_.each([&count](const wire::H1Pool&, bool) { ++count; });
    return count;
  }

  log::Logger logger_{log::Options{}};
  event::Loop loop_;
  Upstreams upstreams_{loop_, logger_};
  wire::UpstreamOptions options_;
};

TEST_F(UpstreamsTest, TheSameWayHasOnePoolForRequestsAndOneForTokens) {
  const auto first = upstreams_.get(options_);
  const auto again = upstreams_.get(options_);
  const auto for_tokens = upstreams_.get_for_tokens(options_);
  ASSERT_TRUE(first && again && for_tokens);
  EXPECT_EQ(*first, *again);
  EXPECT_NE(*first, *for_tokens);
  EXPECT_EQ(pools(), 2);
}

// As when the file of authorities has gone since the start, and an answer names a region.
TEST_F(UpstreamsTest, AWayThatCannotBeGoneLeavesNothingBehind) {
  ASSERT_TRUE(upstreams_.get(options_));
  options_.tls.ca_file = "/nowhere/authorities.pem";
  EXPECT_FALSE(upstreams_.get(options_));
  EXPECT_FALSE(upstreams_.get_for_tokens(options_));
  EXPECT_EQ(pools(), 1);
  upstreams_.set_options(options_);  // a reload reaches every pool
}

}  // namespace
}  // namespace postern::runtime
