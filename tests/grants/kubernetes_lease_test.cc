#include "grants/kubernetes_lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.h"
#include "support/fake_kubernetes.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct KubernetesLeaseTest : ::testing::Test {
  KubernetesLeaseTest() {
    options.server = "https://k";
    options.namespace_name = "shop";
  }

  postern::test::FakeClock clock;
  postern::test::FakeCluster cluster;
  postern::test::FakeKubernetes server{cluster};
  kubernetes::Options options;
  KubernetesLease mine{server, options, clock, "me", 35s};
  KubernetesLease other{server, options, clock, "other", 35s};
};

TEST_F(KubernetesLeaseTest, IsTakenByOneAtATime) {
  EXPECT_EQ(*mine.take(), 1U);
  EXPECT_EQ(cluster.holder(), "me");
  EXPECT_EQ(cluster.objects["leases"]["spec"]["leaseDurationSeconds"], 35);
  EXPECT_EQ(*other.take(), 0U);
  mine.release(1);
  EXPECT_EQ(cluster.holder(), "");
  EXPECT_EQ(*other.take(), 2U);
  EXPECT_EQ(cluster.transitions(), 2);
}

TEST_F(KubernetesLeaseTest, IsGivenBackWithTheLastOfAllLocks) {
  EXPECT_EQ(*mine.take(), 1U);
  EXPECT_EQ(*mine.take(), 1U);
  mine.release(1);
  EXPECT_EQ(cluster.holder(), "me");
  mine.release(1);
  EXPECT_EQ(cluster.holder(), "");
}

TEST_F(KubernetesLeaseTest, HasRunOutWhenItWasSeenUnchangedForAsLongAsItLasts) {
  ASSERT_EQ(*other.take(), 1U);
  EXPECT_EQ(*mine.take(), 0U);
  clock.advance(34s);
  EXPECT_EQ(*mine.take(), 0U);
  clock.advance(1s);
  EXPECT_EQ(*mine.take(), 2U);
  EXPECT_FALSE(*other.renew(1));
}

TEST_F(KubernetesLeaseTest, EachRenewalBeginsAnew) {
  ASSERT_EQ(*other.take(), 1U);
  EXPECT_EQ(*mine.take(), 0U);
  clock.advance(34s);
  EXPECT_TRUE(*other.renew(1));
  EXPECT_EQ(*mine.take(), 0U);
  clock.advance(34s);
  EXPECT_EQ(*mine.take(), 0U);
}

TEST_F(KubernetesLeaseTest, WhatItsClocksSayDoesNotMatter) {
  cluster.change("leases", {{"spec",
                             {{"holderIdentity", "ahead"},
                              {"leaseDurationSeconds", 10},
                              {"renewTime", "1999-01-01T00:00:00.000000Z"}}}});
  EXPECT_EQ(*mine.take(), 0U);
  clock.advance(10s);
  EXPECT_EQ(*mine.take(), 1U);
}

TEST_F(KubernetesLeaseTest, OnlyOneOfTwoGetsTheOneThatHasRunOut) {
  cluster.hold_lease("dead", 10);
  EXPECT_EQ(*mine.take(), 0U);
  EXPECT_EQ(*other.take(), 0U);
  clock.advance(10s);
  // The other one is quicker, between reading and writing here.
  int calls = 0;
  cluster.before = [&] { cluster.before = [&] { calls = static_cast<int>(*other.take()); }; };
  EXPECT_EQ(*mine.take(), 0U);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(cluster.holder(), "other");
}

TEST_F(KubernetesLeaseTest, IsOursThoughSomebodyAnnotatesItOrAnAnswerGotLost) {
  ASSERT_EQ(*mine.take(), 1U);
  cluster.change("leases", {{"metadata", {{"annotations", {{"a", "b"}}}}}});
  EXPECT_TRUE(*mine.renew(1));
  cluster.loses_answer = true;
  EXPECT_TRUE(mine.renew(1).error().passes);
  EXPECT_TRUE(*mine.renew(1));
  EXPECT_EQ(*other.take(), 0U);
}

TEST_F(KubernetesLeaseTest, OneTakenThoughTheAnswerGotLostIsTakenAnew) {
  cluster.before = [this] { cluster.before = [this] { cluster.loses_answer = true; }; };
  EXPECT_FALSE(mine.take());
  EXPECT_EQ(cluster.holder(), "me");
  EXPECT_EQ(*mine.take(), 2U);
}

TEST_F(KubernetesLeaseTest, AnOldFenceIsNoLock) {
  ASSERT_EQ(*mine.take(), 1U);
  cluster.hold_lease("other", 1);
  EXPECT_EQ(*mine.take(), 0U);
  clock.advance(1s);
  EXPECT_EQ(*mine.take(), 2U);
  EXPECT_FALSE(*mine.renew(1));
  mine.release(1);
  EXPECT_EQ(cluster.holder(), "me");
}

TEST_F(KubernetesLeaseTest, HavingSeenAnothersDoesNotMakeItOurs) {
  ASSERT_EQ(*mine.take(), 1U);
  cluster.hold_lease("other", 30);
  EXPECT_EQ(*mine.take(), 0U);
  EXPECT_FALSE(*mine.renew(1));
  EXPECT_FALSE(*mine.renew(1));
  mine.release(1);
  EXPECT_EQ(cluster.holder(), "other");
}

TEST_F(KubernetesLeaseTest, OneOfAnotherIsNotGivenBack) {
  ASSERT_EQ(*mine.take(), 1U);
  cluster.hold_lease("other", 1);
  mine.release(1);
  EXPECT_EQ(cluster.holder(), "other");
}

TEST_F(KubernetesLeaseTest, SaysWhatIsMissing) {
  cluster.objects.erase("leases");
  const auto taken = mine.take();
  ASSERT_FALSE(taken);
  EXPECT_TRUE(taken.error().passes);
  EXPECT_THAT(taken.error().what, HasSubstr("no Lease shop/postern-refresh at https://k"));
  EXPECT_FALSE(mine.check_writable());
  cluster.create("leases");
  EXPECT_TRUE(mine.check_writable());
  cluster.refuses = 422;
  EXPECT_THAT(mine.take().error().what, HasSubstr("(422): no such change"));
}

TEST_F(KubernetesLeaseTest, ARenewalIsOneCall) {
  ASSERT_EQ(*mine.take(), 1U);
  cluster.asked.clear();
  EXPECT_TRUE(*mine.renew(1));
  EXPECT_THAT(cluster.asked, SizeIs(1));
}

}  // namespace
}  // namespace postern::grants
