#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "cli/browser.h"
#include "cli/countdown.h"
#include "cli/input.h"
#include "cli/redirect_uri.h"
#include "cli/streams.h"

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

TEST(RedirectUri, WithAPortOrAnotherNameItIsTakenAsItIs) {
  auto uri = parse_redirect_uri("http://localhost:8765/cb");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->listen(), "127.0.0.1:8765");
  EXPECT_EQ(uri->authority("8765"), "localhost:8765");
  EXPECT_EQ(uri->text("8765"), "http://localhost:8765/cb");
  auto v6 = parse_redirect_uri("http://[::1]/cb");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->listen(), "[::1]:0");
  EXPECT_EQ(v6->authority("1"), "[::1]:1");
  EXPECT_EQ(parse_redirect_uri("http://[::1]:9/cb")->port, "9");
  EXPECT_EQ(parse_redirect_uri("http://127.0.0.1:80/cb")->authority("80"), "127.0.0.1")
      << "as a browser says it";
}

TEST(RedirectUri, RefusesWhatNoListenerHereCouldAnswer) {
  for (std::string_view text :
       {"", "http://example.com/cb", "https://127.0.0.1/cb", "ftp://localhost/cb",
        "http://127.0.0.1:99999/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:/cb",
        "http://127.0.0.1:1x/cb", "http://127.0.0.1", "http://[::1/cb", "http://127.0.0.1/cb?x=1",
        "http://127.0.0.1/cb#x", "http://127.0.0.1/a b", "http://user@127.0.0.1/cb"}) {
    EXPECT_FALSE(parse_redirect_uri(text)) << text;
  }
}

TEST(Countdown, SaysMinutesAndSeconds) {
  EXPECT_EQ(minutes(299s), "4:59");
  EXPECT_EQ(minutes(0s), "0:00");
  EXPECT_EQ(minutes(-5s), "0:00");
  EXPECT_EQ(minutes(59001ms), "1:00") << "never less than there is";
  EXPECT_EQ(minutes(61s), "1:01");
}

TEST(Countdown, WritesOneLineAgainAndAgainOnATerminal) {
  Streams streams;
  streams.context.terminal = true;
  {
    Countdown countdown(streams.context, "waiting");
    countdown.show(61s);
    countdown.show(60s);
  }
  EXPECT_EQ(streams.out.str(),
            "\rwaiting, 1:01 left (Ctrl-C ends it) \rwaiting, 1:00 left (Ctrl-C ends it) "
            "\r\x1b[K");
}

TEST(Countdown, IsSaidOnceElsewhere) {
  Streams streams;
  {
    Countdown countdown(streams.context, "waiting");
    countdown.show(61s);
    countdown.show(60s);
  }
  EXPECT_EQ(streams.out.str(), "waiting, at most 1:01 minutes\n");
}

TEST(Browser, NeedsADisplay) {
  EXPECT_FALSE(has_display({}));
  EXPECT_FALSE(has_display({{"DISPLAY", ""}, {"TERM", "xterm"}}));
  EXPECT_TRUE(has_display({{"DISPLAY", ":0"}}));
  EXPECT_TRUE(has_display({{"WAYLAND_DISPLAY", "wayland-0"}}));
}

TEST(Browser, IsNotThereWithoutAnOpener) {
  const char* before = ::getenv("PATH");
  const std::string path = before == nullptr ? "" : before;
  ::setenv("PATH", "/nonexistent", 1);
  EXPECT_FALSE(open_browser("https://sentry.test/", {}));
  ::setenv("PATH", path.c_str(), 1);
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
