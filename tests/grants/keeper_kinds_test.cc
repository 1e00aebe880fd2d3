// What is different for grants that nobody logs in for.
#include <gmock/gmock.h>

#include "grants/keeper_harness.h"

namespace postern::grants::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = TokenRefusal::Kind;

GrantOptions integration() {
  GrantOptions options = acme();
  options.kind = grants::Kind::kIntegration;
  return options;
}

struct IntegrationKeeper : ::testing::Test {
  World world;
  Process process{world, true, integration()};
  FakeTokenSource& source = process.source;

  void begin() {
    world.store.grants["acme"] = first_pair(world.clock, 1h);
    source.single_use = false;
    process.begin();
  }
  void refuse() {
    process.settle();
    ASSERT_TRUE(source.called());
    source.refuse(Kind::kInvalidGrant, "it is gone");
    process.settle();
  }
};

TEST_F(IntegrationKeeper, ADeadTokenThatIsRefusedANewOneNeedsAPerson) {
  begin();
  ASSERT_EQ(process.refused(), Verdict::kWait);
  refuse();
  EXPECT_EQ(process.standing(), Standing::kRevoked);
  EXPECT_TRUE(process.status().needs_person);
  EXPECT_THAT(process.grant.reason(), HasSubstr("still installed"));
  EXPECT_THAT(process.grant.reason(), Not(HasSubstr("postern login")));
}

TEST_F(IntegrationKeeper, AsksAgainNowAndThenAndHeals) {
  begin();
  ASSERT_EQ(process.refused(), Verdict::kWait);
  refuse();
  process.pass_long(process.options.backoff_max - 1s);
  EXPECT_EQ(world.issuer.calls, 1);
  process.pass_long(2s);
  ASSERT_EQ(world.issuer.calls, 2);
  refuse();
  EXPECT_EQ(process.standing(), Standing::kRevoked) << "still gone";
  process.pass_long(process.options.backoff_max + 1s);
  ASSERT_TRUE(source.called());
  source.answer();
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_EQ(process.access(), "access-2");
  EXPECT_EQ(process.status().last_error, "");
}

TEST_F(IntegrationKeeper, ATokenThatIsStillGoodStaysInUse) {
  begin();
  process.pass_long(54min + 1s);  // time for the next one
  refuse();
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_FALSE(process.status().needs_person);
  EXPECT_THAT(process.status().last_error, HasSubstr("it is gone"));
}

TEST_F(IntegrationKeeper, ItsEndIsNamedOnceItHasExpired) {
  begin();
  process.pass_long(54min + 1s);
  while (world.issuer.calls < 30 && process.standing() == Standing::kGo) {
    if (source.called()) refuse();
    process.pass_long(1min);
  }
  if (source.called()) refuse();
  EXPECT_EQ(process.standing(), Standing::kRevoked);
  EXPECT_TRUE(process.grant.token()->expired(world.clock.now()));
}

TEST_F(IntegrationKeeper, WithoutAFirstTokenItIsTheSame) {
  source.always = true;
  process.begin();
  process.pass(1s);
  refuse();
  EXPECT_EQ(process.standing(), Standing::kRevoked);
  EXPECT_EQ(process.logged("postern login"), 0);
}

}  // namespace
}  // namespace postern::grants::test
