#include "grants/kubernetes_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grants/documents.h"
#include "support/fake_clock.h"
#include "support/fake_kubernetes.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

StoredGrant pair(uint64_t generation) {
  StoredGrant stored;
  stored.generation = generation;
  stored.sentry = "https://sentry.test";
  stored.access_token = Secret("access-" + std::to_string(generation));
  stored.refresh_token = Secret("refresh-" + std::to_string(generation));
  return stored;
}

StoredGrant step(uint64_t generation) {
  StoredGrant stored = pair(generation);
  stored.journal = JournalEntry{"refresh begun", WallTime{}};
  return stored;
}

std::string record(uint64_t generation) {
  return "postern.record.v1 " + std::to_string(generation) + "\n" +
         std::string(format_stored_grant(pair(generation)).reveal());
}

struct KubernetesStoreTest : ::testing::Test {
  std::unique_ptr<KubernetesStore> make(std::optional<Sealer> sealer = std::nullopt) {
    KubernetesStoreOptions options;
    options.cluster.server = "https://k";
    options.cluster.namespace_name = "shop";
    options.holder = "pod-1";
    options.lease = 35s;
    return std::make_unique<KubernetesStore>(
        std::make_unique<postern::test::FakeKubernetes>(cluster), options, std::move(sealer),
        clock);
  }
  std::unique_ptr<StoreLock> lock(std::string_view grant = "acme") {
    return std::move(*store->try_lock(grant));
  }
  std::string error_of_load() {
    auto loaded = store->load("acme");
    return loaded ? "" : loaded.error().what;
  }

  postern::test::FakeClock clock;
  postern::test::FakeCluster cluster;
  std::unique_ptr<KubernetesStore> store = make();
  std::unique_ptr<KubernetesStore> other = make();
};

TEST_F(KubernetesStoreTest, KeepsAGrantUnderItsName) {
  EXPECT_FALSE(*store->load("acme"));
  ASSERT_TRUE(store->save(*lock(), pair(3)));
  EXPECT_EQ(cluster.text("acme"), record(3));
  const auto loaded = other->load("acme");
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->generation, 3U);
  EXPECT_EQ((*loaded)->access_token.reveal(), "access-3");
  EXPECT_EQ(store->where("acme"), "Secret shop/postern-grants at https://k, key acme");
  EXPECT_THAT(cluster.asked[0], EndsWith("/api/v1/namespaces/shop/secrets/postern-grants"));
}

TEST_F(KubernetesStoreTest, TheLockIsOneForAllWhoShareIt) {
  auto mine = lock();
  ASSERT_NE(mine, nullptr);
  EXPECT_THAT(cluster.holder(), StartsWith("pod-1_"));
  EXPECT_EQ(*other->try_lock("acme"), nullptr);
  EXPECT_EQ(*other->try_lock("emca"), nullptr);
  EXPECT_NE(lock("emca"), nullptr) << "another grant of the same process";
  EXPECT_TRUE(*store->renew(*mine, false));
  mine.reset();
  EXPECT_NE(*other->try_lock("acme"), nullptr);
}

TEST_F(KubernetesStoreTest, AStepAndWhatFollowsItAreForTheOwnerOfTheLease) {
  cluster.put("acme", record(1));
  ASSERT_TRUE(store->load("acme"));
  auto mine = lock();
  ASSERT_TRUE(store->save(*mine, step(1)));
  ASSERT_TRUE(store->save(*mine, pair(1)));
  cluster.hold_lease("other", 35);
  EXPECT_THAT(store->save(*mine, step(1)).error().what, HasSubstr("another process has written"));
  EXPECT_THAT(store->save(*mine, step(2)).error().what, HasSubstr("another process has written"));
  EXPECT_EQ(cluster.text("acme"), record(1));
}

TEST_F(KubernetesStoreTest, AStepIsNotWrittenOverWhatHasNotBeenRead) {
  cluster.put("acme", record(1));
  ASSERT_TRUE(store->load("acme"));
  auto mine = lock();
  ASSERT_TRUE(other->load("acme"));
  cluster.put("acme", "postern.record.v1 1\n{\"journal\": \"of somebody else\"}");
  EXPECT_FALSE(store->save(*mine, step(1)));
  EXPECT_THAT(cluster.text("acme"), HasSubstr("somebody else"));
}

TEST_F(KubernetesStoreTest, APairThatWasObtainedIsKeptWithoutTheLease) {
  cluster.put("acme", record(1));
  auto mine = lock();
  cluster.hold_lease("other", 35);
  ASSERT_TRUE(store->save(*mine, pair(2)));
  EXPECT_EQ(cluster.text("acme"), record(2));
  auto alone = store->lock_alone("acme");
  EXPECT_FALSE(*store->renew(*alone, true));
  ASSERT_TRUE(store->save(*alone, pair(3)));
  EXPECT_FALSE(store->save(*alone, pair(2)));
  EXPECT_EQ(cluster.text("acme"), record(3));
}

TEST_F(KubernetesStoreTest, OtherGrantsOfTheSecretMayChangeMeanwhile) {
  auto mine = lock();
  cluster.before = [this] { cluster.before = [this] { cluster.put("emca", record(9)); }; };
  ASSERT_TRUE(store->save(*mine, pair(2)));
  EXPECT_EQ(cluster.text("acme"), record(2));
  EXPECT_EQ(cluster.text("emca"), record(9));
}

TEST_F(KubernetesStoreTest, AnotherOnesPairThatComesBetweenIsNotOverwritten) {
  auto mine = lock();
  cluster.before = [this] { cluster.before = [this] { cluster.put("acme", record(2)); }; };
  StoredGrant different = pair(2);
  different.access_token = Secret("access-of-mine");
  EXPECT_FALSE(store->save(*mine, different));
  EXPECT_EQ(cluster.text("acme"), record(2));
}

TEST_F(KubernetesStoreTest, WritingAgainWhatIsThereIsFine) {
  auto mine = lock();
  cluster.before = [this] { cluster.before = [this] { cluster.loses_answer = true; }; };
  EXPECT_FALSE(store->save(*mine, pair(2)));
  EXPECT_EQ(cluster.text("acme"), record(2));
  EXPECT_TRUE(store->save(*mine, pair(2)));
}

TEST_F(KubernetesStoreTest, WhatCannotBeUnderstoodIsNamedAndLeftAsItIs) {
  for (const auto& [text, told] : std::map<std::string, std::string>{
           {"token", "something else"},
           {"postern.record.v2 9\n{}", "newer Postern (format 2)"},
           {"postern.record.v1 nine", "half a record"},
           {"postern.record.v1 18446744073709551615\n{}", "generation 18446744073709551615"}}) {
    cluster.put("acme", text);
    EXPECT_THAT(error_of_load(), AllOf(HasSubstr(told), HasSubstr(", key acme"))) << text;
    EXPECT_THAT(store->save(*lock(), pair(2000)).error().what, HasSubstr(told));
    EXPECT_THAT(store->forget(*lock()).error().what, HasSubstr(told));
    EXPECT_EQ(cluster.text("acme"), text);
  }
  EXPECT_FALSE(store->load("acme").error().passes);
  cluster.put("acme", record(3).substr(0, 60));
  EXPECT_THAT(error_of_load(), AllOf(HasSubstr("JSON"), HasSubstr(", key acme")));
  EXPECT_TRUE(store->save(*lock(), pair(2000))) << "a login takes the place of a cut document";
}

TEST_F(KubernetesStoreTest, AnOldPairUnderANewerGenerationIsNotTaken) {
  const auto sealer = Sealer::make(Secret(std::string(64, 'a')), Secret());
  store = make(*sealer);
  ASSERT_TRUE(store->save(*lock(), pair(2)));
  const std::string old = cluster.text("acme");
  ASSERT_TRUE(store->save(*lock(), pair(3)));
  cluster.put("acme", "postern.record.v1 4" + old.substr(old.find('\n')));
  EXPECT_THAT(error_of_load(), HasSubstr("sealed as generation 2"));
  EXPECT_FALSE(store->load("acme").error().passes);
}

TEST_F(KubernetesStoreTest, WhatMayBeOverByItselfSaysSo) {
  cluster.away = "https://k cannot be asked";
  const auto loaded = store->load("acme");
  ASSERT_FALSE(loaded);
  EXPECT_TRUE(loaded.error().passes);
  EXPECT_EQ(loaded.error().what, "https://k cannot be asked");
  EXPECT_TRUE(store->try_lock("acme").error().passes);
  EXPECT_FALSE(store->check_writable());
}

TEST_F(KubernetesStoreTest, ASecretThatIsNotThereIsAskedFor) {
  cluster.objects.erase("secrets");
  EXPECT_THAT(error_of_load(), HasSubstr("no Secret shop/postern-grants at https://k: make it"));
  EXPECT_TRUE(store->load("acme").error().passes);
  EXPECT_FALSE(store->check_writable());
  cluster.create("secrets");
  EXPECT_TRUE(store->check_writable());
  EXPECT_FALSE(*store->load("acme"));
  EXPECT_FALSE(store->was_forgotten("acme"));
}

TEST_F(KubernetesStoreTest, ForgettingLeavesAMarkThatNoRefreshOvertakes) {
  cluster.put("acme", record(3));
  ASSERT_TRUE(store->load("acme"));
  {
    auto mine = lock();
    EXPECT_TRUE(*store->forget(*mine));
    EXPECT_TRUE(store->was_forgotten("acme"));
    EXPECT_FALSE(*store->forget(*mine));
  }
  EXPECT_FALSE(*other->load("acme"));
  EXPECT_TRUE(other->was_forgotten("acme"));
  EXPECT_GT(other->first_generation("acme"), 1'000'000'000U);
  EXPECT_FALSE(other->save(*other->lock_alone("acme"), pair(9))) << "of one who was cut off";
  EXPECT_TRUE(store->save(*lock(), pair(store->first_generation("acme"))));
}

TEST_F(KubernetesStoreTest, ForgettingNeedsTheLease) {
  cluster.put("acme", record(3));
  auto mine = lock();
  cluster.hold_lease("other", 35);
  EXPECT_THAT(store->forget(*mine).error().what, EndsWith("try again"));
  EXPECT_EQ(cluster.text("acme"), record(3));
}

TEST_F(KubernetesStoreTest, SealsWhatItWrites) {
  auto sealer = Sealer::make(Secret(std::string(64, 'a')), Secret());
  ASSERT_TRUE(sealer);
  store = make(*sealer);
  ASSERT_TRUE(store->save(*lock(), pair(2)));
  EXPECT_THAT(cluster.text("acme"), StartsWith("postern.record.v1 2\npostern.sealed.v1."));
  EXPECT_EQ((*store->load("acme"))->access_token.reveal(), "access-2");
  EXPECT_THAT(other->load("acme").error().what, HasSubstr("store.key is not set"));
}

TEST_F(KubernetesStoreTest, WhatIsNoNameIsNotAskedFor) {
  EXPECT_FALSE(store->load("../x"));
  EXPECT_FALSE(store->try_lock("a}b"));
  EXPECT_THAT(cluster.asked, IsEmpty());
}

}  // namespace
}  // namespace postern::grants
