#include "relay/origin.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

TEST(Origin, IsReadFromAnUrlAndWrittenAsAHostField) {
  EXPECT_EQ(origin_of("https://sentry.io").authority(), "sentry.io");
  EXPECT_EQ(origin_of("https://sentry.io:443/").authority(), "sentry.io");
  EXPECT_EQ(origin_of("https://127.0.0.1:8443/x").authority(), "127.0.0.1:8443");
  EXPECT_EQ(origin_of("https://[::1]:8443").authority(), "[::1]:8443");
}

TEST(Origin, HasTheUrlsOfItsHostAndPort) {
  const Origin sentry = origin_of("https://sentry.io");
  for (const std::string_view url :
       {"https://sentry.io", "https://sentry.io/x", "https://sentry.io:443?x", "HTTPS://SENTRY.io"})
    EXPECT_TRUE(sentry.has(url)) << url;
  for (const std::string_view url : {"", "https://", "http://sentry.io", "https://sentry.io:444",
                                     "https://a@sentry.io", "https://sentry.io@evil.example",
                                     "https://us.sentry.io", "https://sentry.io.", "sentry.io"})
    EXPECT_FALSE(sentry.has(url)) << url;
}

TEST(Origin, ARegionIsALabelOrAHostOfItsOwn) {
  const auto authorities = [](const std::vector<std::string>& regions) {
    std::string out;
    for (const Origin& origin : origins_of_regions(origin_of("https://sentry.lan:8443"), regions))
      out += origin.authority() + " ";
    return out;
  };
  EXPECT_EQ(authorities({"us", "de"}), "us.sentry.lan:8443 de.sentry.lan:8443 ");
  EXPECT_EQ(authorities({"eu.example", "eu.example:443", "eu.example:1"}),
            "eu.example:8443 eu.example eu.example:1 ");
  EXPECT_EQ(authorities({}), "");
}

}  // namespace
}  // namespace postern::relay
