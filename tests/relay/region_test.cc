#include "relay/region.h"

#include <gtest/gtest.h>

#include "support/fake_upstream.h"

namespace postern::relay {
namespace {

using namespace std::chrono_literals;

class RegionTest : public testing::Test {
 protected:
  Region make(std::string_view sentry = "https://sentry.io",
              const std::vector<std::string>& listed = {"us", "de"}) {
    return Region(sentry, listed, [this](const std::string& origin) {
      reached_.push_back(origin);
      return can_reach_ ? &upstream_ : nullptr;
    });
  }
  static std::string host(Region& region, Instant now = {}) {
    const Destination* found = region.find(now);
    return found != nullptr ? found->authority : "";
  }

  test::FakeUpstream upstream_;
  std::vector<std::string> reached_;
  bool can_reach_ = true;
};

TEST_F(RegionTest, IsUnknownUntilAnAnswerTells) {
  Region region = make();
  EXPECT_EQ(host(region), "");
  region.learn("https://de.sentry.io/api/0/organizations/acme/chunk-upload/");
  EXPECT_EQ(host(region), "de.sentry.io");
  EXPECT_EQ(region.find(Instant{})->upstream, &upstream_);
  region.learn("https://us.sentry.io");
  EXPECT_EQ(host(region), "us.sentry.io");
}

TEST_F(RegionTest, ConnectsOnceAndOnlyWhenAskedFor) {
  Region region = make();
  region.learn("https://us.sentry.io");
  EXPECT_EQ(region.authority(Instant{}), "us.sentry.io");
  EXPECT_TRUE(reached_.empty());
  host(region);
  host(region);
  EXPECT_EQ(reached_, std::vector<std::string>{"https://us.sentry.io"});
}

// The token goes where this says.
TEST_F(RegionTest, IsNeverAHostThatIsNotListed) {
  for (const std::string_view url :
       {"https://fr.sentry.io", "https://us.sentry.io.evil.example",
        "https://us.sentry.io@evil.example", "https://evil.example/us.sentry.io",
        "https://us.sentry.io:8443", "https://evil-us.sentry.io", "https://a.us.sentry.io",
        "https://acme.sentry.io", "https://us.sentry.io%2eevil.example",
        "https://us.sentry.io\\@evil.example", "https://usxsentry.io", "https://sentry.io"}) {
    Region region = make();
    region.learn("https://us.sentry.io");
    region.learn(url);
    const std::string now = host(region);
    EXPECT_TRUE(now.empty() || now == "us.sentry.io") << url << " leads to " << now;
    EXPECT_EQ(now,
              std::string_view(url).starts_with("https://us.sentry.io\\") ? "us.sentry.io" : "")
        << url;
  }
}

TEST_F(RegionTest, WhatIsNoHttpsAddressSaysNothing) {
  Region region = make();
  region.learn("https://us.sentry.io");
  for (const std::string_view url : {"", "/organizations/acme/chunk-upload/", "http://de.sentry.io",
                                     "https:de.sentry.io", "de.sentry.io"})
    region.learn(url);
  EXPECT_EQ(host(region), "us.sentry.io");
}

TEST_F(RegionTest, MayBeAHostOfItsOwn) {
  Region region = make("https://localhost:8443", {"127.0.0.1", "eu.sentry.lan:9443"});
  region.learn("https://127.0.0.1:8443/");
  EXPECT_EQ(host(region), "127.0.0.1:8443");
  region.learn("https://eu.sentry.lan:9443/");
  EXPECT_EQ(host(region), "eu.sentry.lan:9443");
}

TEST_F(RegionTest, IsLeftAloneForAWhileWhenItCannotBeReached) {
  Region region = make();
  region.learn("https://us.sentry.io");
  const Instant start = Instant{} + 1h;
  region.rest(start);
  EXPECT_EQ(host(region, start + 1s), "");
  EXPECT_EQ(region.authority(start + 1s), "");
  EXPECT_EQ(host(region, start + Region::kRest), "us.sentry.io");
}

TEST_F(RegionTest, WithoutConnectionsThereIsNone) {
  can_reach_ = false;
  Region region = make();
  region.learn("https://us.sentry.io");
  EXPECT_EQ(host(region), "");
  Region never("https://sentry.io", {"us"}, {});
  never.learn("https://us.sentry.io");
  EXPECT_EQ(host(never), "");
}

}  // namespace
}  // namespace postern::relay
