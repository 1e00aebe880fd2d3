#include "admin/certificate_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kDay = 24 * 60 * 60;

CertificateReport certificate(int64_t days, std::optional<int64_t> callers_days = {}) {
  CertificateReport report;
  report.listener = "0.0.0.0:7979";
  report.file = "/run/tls.crt";
  report.names = {"postern.example"};
  report.expires_in_s = days * kDay;
  if (callers_days) report.callers_expire_in_s = *callers_days * kDay;
  return report;
}

TEST(CertificateWords, AWeekIsSoon) {
  EXPECT_EQ(validity_of(7 * kDay + 1), Validity::kGood);
  EXPECT_EQ(validity_of(7 * kDay), Validity::kEndsSoon);
  EXPECT_EQ(validity_of(1), Validity::kEndsSoon);
  EXPECT_EQ(validity_of(int64_t{0}), Validity::kOver);
}

TEST(CertificateWords, TheWorseOfBothCounts) {
  EXPECT_EQ(validity_of(certificate(30)), Validity::kGood);
  EXPECT_EQ(validity_of(certificate(30, 3)), Validity::kEndsSoon);
  EXPECT_EQ(validity_of(certificate(3, -1)), Validity::kOver);
  EXPECT_EQ(validity_of(certificate(-1, 30)), Validity::kOver);
}

TEST(CertificateWords, WhatIsInOrderIsNoTrouble) {
  EXPECT_THAT(certificate_troubles(certificate(30)), IsEmpty());
  EXPECT_THAT(certificate_troubles(certificate(30, 365)), IsEmpty());
}

TEST(CertificateWords, EachTroubleSaysWhatToDo) {
  EXPECT_THAT(certificate_troubles(certificate(3)),
              ElementsAre(HasSubstr("expires in 3d: renew /run/tls.crt")));
  EXPECT_THAT(certificate_troubles(certificate(-1)),
              ElementsAre(HasSubstr("has expired, and callers refuse it")));
  EXPECT_THAT(certificate_troubles(certificate(30, -1)),
              ElementsAre(HasSubstr("has expired: nobody is let in")));
  CertificateReport all = certificate(3, 2);
  all.fault = "cannot read /run/tls.key: No such file or directory";
  EXPECT_THAT(certificate_troubles(all),
              ElementsAre(HasSubstr("serve on: cannot read /run/tls.key"),
                          HasSubstr("the certificate of 0.0.0.0:7979 expires in 3d"),
                          HasSubstr("an authority of callers at 0.0.0.0:7979 expires in 2d")));
}

TEST(CertificateWords, TheEndIsAMomentOrOver) {
  EXPECT_EQ(end_words(3 * kDay, "2026-11-25T12:00:00Z"), "in 3d, 2026-11-25T12:00:00Z");
  EXPECT_EQ(end_words(-1, "2026-11-25T12:00:00Z"), "has expired, 2026-11-25T12:00:00Z");
}

TEST(CertificateWords, OfManyNamesAFewAreTold) {
  CertificateReport report = certificate(30);
  EXPECT_EQ(host_words(report), "postern.example");
  report.names = {"a", "b", "c", "d", "e", "f"};
  EXPECT_EQ(host_words(report), "a, b, c, d and 2 more");
  report.names.clear();
  EXPECT_EQ(host_words(report), "no host");
}

}  // namespace
}  // namespace postern::admin
