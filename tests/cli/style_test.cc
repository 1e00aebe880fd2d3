#include "cli/style.h"

#include <gtest/gtest.h>

#include "cli/streams.h"

namespace postern::cli {
namespace {

bool is_colored(ColorWhen when, bool terminal, config::Environment environment = {}) {
  Streams streams;
  streams.context.terminal = terminal;
  streams.context.environment = std::move(environment);
  return make_style(when, streams.context).paint(Ink::kBad, "x") != "x";
}

TEST(Style, ColoursAreForTerminals) {
  EXPECT_TRUE(is_colored(ColorWhen::kAuto, true));
  EXPECT_FALSE(is_colored(ColorWhen::kAuto, false));
}

TEST(Style, NoColorIsObeyedUnlessItIsEmpty) {
  EXPECT_FALSE(is_colored(ColorWhen::kAuto, true, {{"NO_COLOR", "0"}}));
  EXPECT_TRUE(is_colored(ColorWhen::kAuto, true, {{"NO_COLOR", ""}}));
}

TEST(Style, TheOptionBeatsTheEnvironment) {
  EXPECT_TRUE(is_colored(ColorWhen::kAlways, false, {{"NO_COLOR", "1"}}));
  EXPECT_FALSE(is_colored(ColorWhen::kNever, true));
}

TEST(Style, PaintEndsWhatItBegins) {
  EXPECT_EQ(Style(true).paint(Ink::kGood, "ok"), "\x1b[32mok\x1b[0m");
  EXPECT_EQ(Style(true).paint(Ink::kPlain, "ok"), "ok");
  EXPECT_EQ(Style(true).paint(Ink::kGood, ""), "");
}

TEST(Style, ADumbTerminalSaysSo) {
  EXPECT_TRUE(is_dumb({{"TERM", "dumb"}}));
  EXPECT_FALSE(is_dumb({{"TERM", "xterm"}}));
  EXPECT_FALSE(is_dumb({}));
}

}  // namespace
}  // namespace postern::cli
