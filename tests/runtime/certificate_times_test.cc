#include "runtime/certificate_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace postern::runtime {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

constexpr auto kDay = std::chrono::hours(24);
const WallTime kNow{std::chrono::seconds(1796000000)};  // 2026-11-30T00:53:20Z

wire::ValidTime valid(Duration from, Duration until) {
  return {kNow + std::chrono::duration_cast<WallTime::duration>(from),
          kNow + std::chrono::duration_cast<WallTime::duration>(until)};
}

std::string replaced(const wire::ValidTime& in_use, const wire::ValidTime& offered) {
  return replacement_fault(in_use, offered, "tls.crt", kNow).value_or("taken");
}

TEST(CertificateTimes, AnExpiredOneDoesNotTakeThePlaceOfAGoodOne) {
  EXPECT_EQ(replaced(valid(-kDay, kDay), valid(-2 * kDay, -1s)),
            "the certificate in tls.crt has expired (2026-11-30T00:53:19Z), and the one in use is "
            "good until 2026-12-01T00:53:20Z");
  EXPECT_EQ(replaced(valid(-kDay, 1s), valid(-kDay, 0s)).substr(0, 38),
            "the certificate in tls.crt has expired")
      << "the end is no longer in it";
}

TEST(CertificateTimes, OneThatIsNotValidYetDoesNotEither) {
  EXPECT_EQ(replaced(valid(-kDay, kDay), valid(kDay, 2 * kDay)),
            "the certificate in tls.crt is not valid before 2026-12-01T00:53:20Z, and the one in "
            "use is good until 2026-12-01T00:53:20Z");
  EXPECT_EQ(replaced(valid(-kDay, kDay), valid(0s, kDay)), "taken") << "now is";
}

TEST(CertificateTimes, WhereTheOneInUseIsNoGoodEitherTheFilesDecide) {
  EXPECT_EQ(replaced(valid(-2 * kDay, -kDay), valid(-kDay, -1s)), "taken");
  EXPECT_EQ(replaced(valid(-2 * kDay, -kDay), valid(kDay, 2 * kDay)), "taken");
  EXPECT_EQ(replaced(valid(kDay, 2 * kDay), valid(-kDay, -1s)), "taken");
}

TEST(CertificateTimes, AGoodOneIsTakenHoweverShortItLasts) {
  EXPECT_EQ(replaced(valid(-kDay, 1000 * kDay), valid(-1s, 1s)), "taken");
}

std::vector<Notice> notices(const CertificateTimes& times) {
  return notices_of_times("tls.", {"tls.crt", "tls.key", "ca.crt", {}}, times, kNow);
}

TEST(CertificateTimes, OfGoodOnesThereIsNothingToTell) {
  EXPECT_THAT(notices({valid(-kDay, 30 * kDay), {kNow + 30 * kDay}}), IsEmpty());
}

TEST(CertificateTimes, WhatKeepsCallersOutIsAnError) {
  auto told = notices({valid(-kDay, -1s), {kNow - 2 * kDay}});
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0],
            (Notice{log::Level::kError, "certificate_expired", "tls.certificate_file: tls.crt",
                    "has expired, and callers refuse it: 2026-11-30T00:53:19Z"}));
  EXPECT_EQ(told[1].event, "certificate_expired");
  EXPECT_EQ(told[1].setting, "tls.client_ca_file: ca.crt");
  told = notices({valid(kDay, 30 * kDay), {}});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].level, log::Level::kError);
  EXPECT_EQ(told[0].event, "certificate_not_yet_valid");
}

TEST(CertificateTimes, WhatEndsWithinAWeekIsAWarning) {
  const auto told = notices({valid(-kDay, 6 * kDay), {}});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].level, log::Level::kWarn);
  EXPECT_EQ(told[0].event, "certificate_expires");
}

}  // namespace
}  // namespace postern::runtime
