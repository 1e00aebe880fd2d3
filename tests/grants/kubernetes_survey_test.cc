#include "grants/kubernetes_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/fake_kubernetes.h"

namespace postern::grants {
namespace {

using ::testing::HasSubstr;

struct KubernetesSurveyTest : ::testing::Test {
  KubernetesSurveyTest() { options.namespace_name = "shop"; }

  Result<KubernetesSurvey> survey() {
    return survey_kubernetes(server, options, {"acme", "globex"});
  }
  std::string fault() {
    const auto surveyed = survey();
    return surveyed ? "" : surveyed.error().what;
  }

  postern::test::FakeCluster cluster;
  postern::test::FakeKubernetes server{cluster};
  kubernetes::Options options;
};

TEST_F(KubernetesSurveyTest, SaysWhoHoldsTheLeaseAndWhatIsStored) {
  cluster.hold_lease("web-1_x", 35);
  cluster.put("acme", "postern.record.v1 12\n{\"version\": 1}");
  const auto told = survey();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->lease.holder, "web-1_x");
  EXPECT_EQ(told->lease.seconds, 35U);
  EXPECT_EQ(told->kept.at("acme").state, "stored");
  EXPECT_EQ(told->kept.at("acme").generation, 12U);
  EXPECT_EQ(told->kept.at("globex").state, "none");
}

TEST_F(KubernetesSurveyTest, ALogoutAndWhatIsForeignAreToldApart) {
  cluster.put("acme", "postern.record.v1 13\n");
  cluster.put("globex", "a password");
  const auto told = survey();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->kept.at("acme").state, "forgotten");
  EXPECT_EQ(told->kept.at("acme").generation, 13U);
  EXPECT_EQ(told->kept.at("globex").state, "unfit");
  EXPECT_THAT(told->kept.at("globex").unfit, HasSubstr("in use for something else"));
}

TEST_F(KubernetesSurveyTest, WhatCannotBeReadIsNamed) {
  cluster.objects.erase("leases");
  EXPECT_THAT(fault(), HasSubstr("does not show the Lease shop/postern-refresh (404): leases"));
  cluster.create("leases");
  cluster.objects.erase("secrets");
  EXPECT_THAT(fault(), HasSubstr("does not show the Secret shop/postern-grants (404)"));
  cluster.away = "connection refused";
  EXPECT_THAT(fault(), HasSubstr("Lease shop/postern-refresh cannot be read: connection refused"));
}

}  // namespace
}  // namespace postern::grants
