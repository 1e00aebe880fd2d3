#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

#include "cli/countdown.h"
#include "cli/documents.h"
#include "cli/input.h"
#include "cli/redirect_uri.h"

namespace postern::cli {
namespace {

using namespace std::chrono_literals;

TEST(RedirectUri, WithoutAPortAnyPortWillDo) {
  auto uri = parse_redirect_uri("http://127.0.0.1/oauth/callback");
  ASSERT_TRUE(uri) << uri.error().what;
  EXPECT_EQ(uri->port, "");
  EXPECT_EQ(uri->path, "/oauth/callback");
  EXPECT_EQ(uri->listen(), "127.0.0.1:0");
  EXPECT_EQ(uri->text("4711"), "http://127.0.0.1:4711/oauth/callback");
}

TEST(RedirectUri, RefusesWhatNoListenerHereCouldAnswer) {
  for (std::string_view text : {"", "http://example.com/cb", "https://127.0.0.1/cb",
                                "ftp://localhost/cb", "http://127.0.0.1:99999/cb"}) {
    EXPECT_FALSE(parse_redirect_uri(text)) << text;
  }
}

TEST(Countdown, SaysMinutesAndSeconds) {
  EXPECT_EQ(minutes(299s), "4:59");
  EXPECT_EQ(minutes(0s), "0:00");
}

TEST(Organization, IsReadWithItsId) {
  auto seen = parse_organization(R"({"slug": "acme", "id": "17", "name": "Acme"})");
  ASSERT_TRUE(seen) << seen.error().what;
  EXPECT_EQ(seen->slug, "acme");
  EXPECT_EQ(seen->id, "17");
  EXPECT_FALSE(parse_organization("[]"));
  EXPECT_FALSE(parse_organization("{"));
  auto list =
      parse_organizations(R"([{"slug": "acme", "id": "17"}, {"slug": "globex", "id": "18"}])");
  ASSERT_TRUE(list) << list.error().what;
  EXPECT_EQ(list->size(), 2U);
}

TEST(ReadLine, TakesOneLineAndTellsOfTheEnd) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string text = "http://127.0.0.1/?code=1\nrest\n";
  ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  EXPECT_EQ(*read_line(ends[0], 1s), "http://127.0.0.1/?code=1");
  EXPECT_EQ(*read_line(ends[0], 1s), "rest");
  EXPECT_FALSE(read_line(ends[0], 1s));
  ::close(ends[0]);
}

}  // namespace
}  // namespace postern::cli
