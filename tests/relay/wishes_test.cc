#include "relay/wishes.h"

#include <gtest/gtest.h>

#include "relay/builders.h"

namespace postern::relay {
namespace {

using namespace std::chrono_literals;

Wishes wishes_of(Pairs fields) {
  const auto wishes = read_wishes(fields_of(fields));
  EXPECT_TRUE(wishes);
  return wishes.value_or(Wishes());
}

TEST(Wishes, NobodyHasToHaveAny) {
  const Wishes wishes = wishes_of({{"Accept", "*/*"}, {"X-Postern-Grant", "acme"}});
  EXPECT_EQ(wishes.max_wait, std::nullopt);
  EXPECT_EQ(wishes.urgency, 3);
  EXPECT_EQ(wishes.client, "");
}

TEST(Wishes, PreferNamesSeconds) {
  constexpr std::pair<std::string_view, std::optional<Duration>> kRows[] = {
      {"wait=5", 5s},
      {"Wait = 5", 5s},
      {"wait=\"5\"", 5s},
      {"respond-async, wait=10", 10s},
      {"handling=lenient; strict=\"a,b;wait=3\", wait=7; foo=bar", 7s},
      {"wait=0", 0s},
      {"wait=99999999999", 24h},
      {"wait=1, wait=9", 1s},
      {"wait=x, wait=9", std::nullopt},
      {"wait", std::nullopt},
      {"wait=", std::nullopt},
      {"wait=-1", std::nullopt},
      {"wait=1.5", std::nullopt},
      {"waiting=5", std::nullopt},
      {"a=\"wait=5", std::nullopt},
      {"a=\"\\\", wait=5\"", std::nullopt},
      {"", std::nullopt},
      {",,;=", std::nullopt},
  };
  for (const auto& [value, wait] : kRows)
    EXPECT_EQ(wishes_of({{"Prefer", value}}).max_wait, wait) << value;
  EXPECT_EQ(wishes_of({{"Prefer", "respond-async"}, {"prefer", "wait=4"}}).max_wait, 4s);
}

TEST(Wishes, PosternsOwnFieldNamesADuration) {
  constexpr std::pair<std::string_view, Duration> kRows[] = {
      {"5s", 5s}, {"500ms", 500ms}, {"5", 5s}, {"1m", 60s}, {"0", 0s}, {"99999999999", 24h}};
  for (const auto& [value, wait] : kRows)
    EXPECT_EQ(wishes_of({{"X-Postern-Max-Wait", value}}).max_wait, wait) << value;
}

TEST(Wishes, WhatPosternsOwnFieldCannotMeanIsAnError) {
  for (std::string_view value : {"", "soon", "-1", "1.5", "5 s", "5x", "5s, 6s"}) {
    const auto wishes = read_wishes(fields_of({{"X-Postern-Max-Wait", value}}));
    ASSERT_FALSE(wishes) << value;
    EXPECT_NE(wishes.error().what.find("X-Postern-Max-Wait"), std::string::npos);
  }
}

TEST(Wishes, TheShortestWaitCounts) {
  EXPECT_EQ(wishes_of({{"X-Postern-Max-Wait", "500ms"}, {"Prefer", "wait=2"}}).max_wait, 500ms);
  EXPECT_EQ(wishes_of({{"X-Postern-Max-Wait", "3s"}, {"Prefer", "wait=2"}}).max_wait, 2s);
}

TEST(Wishes, PriorityIsADictionary) {
  constexpr std::pair<std::string_view, int> kRows[] = {
      {"u=0", 0},
      {"u=7", 7},
      {"u=5, i", 5},
      {"i, u=1", 1},
      {"u=05", 5},
      {"u=2;x=\"a,b\"", 2},
      {"a=\"u=1,\", u=6", 6},
      {"u=1, u=4", 4},
      {"x=(1 2), u=2", 2},
      {"", 3},
      {"i", 3},
      {"u=8", 3},
      {"u=-1", 3},
      {"u=1.0", 3},
      {"u=\"1\"", 3},
      {"u", 3},
      {"u=", 3},
      {"u = 1", 3},
      {"u=1,", 3},
      {"u=1,,i", 3},
      {"U=1", 3},
      {"u=1, !", 3},
      {"urgent", 3},
      {"u=1, u=9", 3},
  };
  for (const auto& [value, urgency] : kRows)
    EXPECT_EQ(wishes_of({{"Priority", value}}).urgency, urgency) << value;
  EXPECT_EQ(wishes_of({{"Priority", "i"}, {"priority", "u=0"}}).urgency, 0);
}

TEST(Wishes, AClientsNameIsShort) {
  const std::string longest(kMaxClientName, 'x');
  EXPECT_EQ(wishes_of({{"X-Postern-Client", longest}}).client, longest);
  EXPECT_FALSE(read_wishes(fields_of({{"X-Postern-Client", longest + "x"}})));
}

}  // namespace
}  // namespace postern::relay
