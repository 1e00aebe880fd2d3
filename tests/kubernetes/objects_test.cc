#include "kubernetes/objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace postern::kubernetes {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const WallTime kMoment = WallTime(std::chrono::microseconds(1'767'225'600'000'007));

TEST(Objects, ASecretIsReadAsFarAsItIsUsed) {
  const auto secret = parse_secret(
      R"({"kind":"Secret","metadata":{"resourceVersion":"12","labels":{"a":"b"}},
          "data":{"acme":"Zm9v","empty":""},"type":"Opaque"})");
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->resource_version, "12");
  ASSERT_EQ(secret->data.size(), 2U);
  EXPECT_EQ(secret->data.at("acme").reveal(), "foo");
}

TEST(Objects, ASecretWithoutDataIsEmpty) {
  for (const char* text : {R"({"metadata":{"resourceVersion":"1"}})",
                           R"({"metadata":{"resourceVersion":"1"},"data":null})"}) {
    const auto secret = parse_secret(text);
    ASSERT_TRUE(secret) << text;
    EXPECT_TRUE(secret->data.empty());
  }
}

TEST(Objects, WhatIsNoneIsToldWithoutRepeatingIt) {
  for (const char* text :
       {"", "canary", "[]", "{}", R"({"metadata":{"resourceVersion":7},"data":{"a":"canary"}})",
        R"({"metadata":{"resourceVersion":"7"},"data":{"a":"canary!"}})",
        R"({"metadata":{"resourceVersion":"7"},"data":{"a":{"b":"canary"}}})"}) {
    const auto secret = parse_secret(text);
    ASSERT_FALSE(secret) << text;
    EXPECT_THAT(secret.error().what, Not(HasSubstr("canary")));
  }
  EXPECT_FALSE(parse_lease("null"));
}

TEST(Objects, ALeaseMayBeEmpty) {
  const auto empty = parse_lease(R"({"metadata":{"resourceVersion":"3"}})");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->holder, "");
  EXPECT_EQ(empty->transitions, 0U);
  const auto held = parse_lease(
      R"({"metadata":{"resourceVersion":"3"},"spec":{"holderIdentity":"pod","leaseTransitions":4,
          "leaseDurationSeconds":35,"renewTime":"2026-01-01T00:00:00.000000Z",
          "acquireTime":"2025-01-01T00:00:00.000000Z"}})");
  ASSERT_TRUE(held);
  EXPECT_EQ(held->holder, "pod");
  EXPECT_EQ(held->seconds, 35U);
  EXPECT_EQ(held->transitions, 4U);
  EXPECT_EQ(held->renewed_at, "2026-01-01T00:00:00.000000Z");
  EXPECT_EQ(held->taken_at, "2025-01-01T00:00:00.000000Z");
}

TEST(Objects, APatchNamesTheVersionThatItIsMadeFrom) {
  EXPECT_EQ(format_secret_patch("12", "acme", "foo").reveal(),
            R"({"data":{"acme":"Zm9v"},"metadata":{"resourceVersion":"12"}})");
  EXPECT_EQ(format_release("12").reveal(),
            R"({"metadata":{"resourceVersion":"12"},"spec":{"holderIdentity":""}})");
}

// The server refuses times with fewer or more than six digits.
TEST(Objects, TimesOfALeaseHaveSixDigits) {
  EXPECT_THAT(std::string(format_renewal("1", kMoment).reveal()),
              HasSubstr(R"("renewTime":"2026-01-01T00:00:00.000007Z")"));
  const std::string taking(format_taking({"1", "pod", 35, 4}, WallTime(1s)).reveal());
  EXPECT_THAT(taking, HasSubstr(R"("acquireTime":"1970-01-01T00:00:01.000000Z")"));
  EXPECT_THAT(taking, HasSubstr(R"("leaseDurationSeconds":35,"leaseTransitions":4)"));
}

TEST(Objects, AHolderWhoseNameIsNotUtf8CanTakeALease) {
  const std::string taking(format_taking({"1", "pod\xff", 35, 4}, kMoment).reveal());
  EXPECT_THAT(taking, HasSubstr("\"holderIdentity\":\"pod\xEF\xBF\xBD\""));
}

TEST(Objects, AStatusHasAMessage) {
  EXPECT_EQ(message_of(R"({"kind":"Status","message":"no\nway"})"), "no?way");
  EXPECT_EQ(message_of("<html>"), "");
  EXPECT_EQ(message_of(R"({"message":7})"), "");
}

TEST(Objects, EventsOfAWatch) {
  using Kind = WatchEvent::Kind;
  for (const char* type : {"ADDED", "MODIFIED", "DELETED"}) {
    const auto event = parse_watch_event(std::string(R"({"type":")") + type +
                                         R"(","object":{"metadata":{"resourceVersion":"7"}}})");
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, Kind::kChanged);
    EXPECT_EQ(event->resource_version, "7");
  }
  const auto gone = parse_watch_event(
      R"({"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}})");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->kind, Kind::kError);
  EXPECT_EQ(gone->code, 410);
  EXPECT_EQ(gone->message, "too old");
  EXPECT_FALSE(parse_watch_event(R"({"type":"NEWS","object":{}})"));
}

}  // namespace
}  // namespace postern::kubernetes
