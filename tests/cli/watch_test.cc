#include "cli/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "cli/streams.h"

namespace postern::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The signal that ends it has come already when the first frame has been shown.
std::string watched(bool terminal, const std::string& frame) {
  Streams streams;
  streams.context.terminal = terminal;
  watch(streams.context, [&frame] {
    EXPECT_EQ(std::raise(SIGTERM), 0);
    return frame;
  });
  return streams.out.str();
}

TEST(Watch, ElsewhereFramesFollowEachOther) {
  EXPECT_EQ(watched(false, "state\n"), "state\n\n");
}

TEST(Watch, ATerminalIsAsItWasWhenItEnds) {
  const std::string out = watched(true, "state\n");
  EXPECT_THAT(out, StartsWith("\x1b[?1049h\x1b[?25l\x1b[?7l"));
  EXPECT_THAT(out, EndsWith("\x1b[?7h\x1b[?25h\x1b[?1049l"));
  EXPECT_THAT(out, HasSubstr("\x1b[Hstate\x1b[K\r\n"));
}

TEST(Watch, MoreLinesThanTheTerminalHasAreCut) {
  std::string frame;
  for (int i = 0; i < 200; ++i) frame += "line " + std::to_string(i) + "\n";
  const std::string out = watched(true, frame);
  EXPECT_THAT(out, HasSubstr("line 5\x1b[K"));
  EXPECT_THAT(out, ::testing::Not(HasSubstr("line 199")));
}

TEST(Watch, EndsWhenNobodyReads) {
  Streams streams;
  int frames = 0;
  watch(streams.context, [&] {
    ++frames;
    streams.out.setstate(std::ios::badbit);
    return std::string("x");
  });
  EXPECT_EQ(frames, 1);
}

}  // namespace
}  // namespace postern::cli
