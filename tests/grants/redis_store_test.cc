#include "grants/redis_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "grants/documents.h"
#include "grants/redis_scripts.h"
#include "support/fake_redis.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using Words = std::vector<std::string>;

StoredGrant pair(uint64_t generation) {
  StoredGrant stored;
  stored.generation = generation;
  stored.sentry = "https://sentry.test";
  stored.access_token = Secret("access-" + std::to_string(generation));
  stored.refresh_token = Secret("refresh-" + std::to_string(generation));
  return stored;
}

std::string document(uint64_t generation) {
  return std::string(format_stored_grant(pair(generation)).reveal());
}

struct RedisStoreTest : ::testing::Test {
  RedisStoreTest() { make(0); }

  void make(uint32_t wait_replicas, std::optional<Sealer> sealer = std::nullopt) {
    auto server = std::make_unique<postern::test::FakeRedis>();
    redis = server.get();
    RedisStoreOptions options;
    options.place = "redis://r:6379";
    options.lease = 35s;
    options.wait_replicas = wait_replicas;
    options.wait = 1s;
    store = std::make_unique<RedisStore>(std::move(server), options, std::move(sealer), &logger);
  }
  // What is in the database when it is read next.
  void holds(uint64_t generation, int revision) {
    redis->will_say(
        {"record", std::to_string(generation), std::to_string(revision), document(generation)});
  }
  std::unique_ptr<StoreLock> lock(uint64_t generation = 1) {
    redis->will_say({"taken", "me:7", std::to_string(generation)});
    return std::move(*store->try_lock("acme"));
  }
  std::string error_of_load() {
    auto loaded = store->load("acme");
    return loaded ? "" : loaded.error().what;
  }
  // Behind the script and the number of keys.
  Words last_asked() const {
    const Words& words = redis->asked.back();
    return {words.begin() + 3, words.end()};
  }
  std::string_view last_script() const { return redis->asked.back()[1]; }

  int logged(std::string_view event) {
    logger.flush();
    int count = 0;
    for (size_t at = log.find(event); at != std::string::npos; at = log.find(event, at + 1))
      ++count;
    return count;
  }

  std::string log;
  log::Logger logger{log::Options{}, [this](std::string_view bytes) { log.append(bytes); }};
  postern::test::FakeRedis* redis = nullptr;
  std::unique_ptr<RedisStore> store;
};

TEST_F(RedisStoreTest, ReadsTheRecordOfAGrant) {
  holds(3, 9);
  const auto loaded = store->load("acme");
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->generation, 3U);
  EXPECT_EQ((*loaded)->access_token.reveal(), "access-3");
  EXPECT_EQ(last_script(), scripts::kLoad);
  EXPECT_THAT(last_asked(), ElementsAre("postern:{acme}:grant"));
  EXPECT_EQ(store->where("acme"), "redis://r:6379, key postern:{acme}:grant");
}

TEST_F(RedisStoreTest, NothingAndWhatWasForgottenAreNoGrants) {
  redis->will_say({"none", "0", "0", ""});
  EXPECT_FALSE(*store->load("acme"));
  EXPECT_FALSE(store->was_forgotten("acme"));
  redis->will_say({"record", "2000000000", "4", ""});
  EXPECT_FALSE(*store->load("acme"));
  EXPECT_TRUE(store->was_forgotten("acme"));
  EXPECT_EQ(store->first_generation("acme"), 2000000001U);
}

TEST_F(RedisStoreTest, WhatCannotBeUnderstoodIsNamedWithItsKey) {
  redis->will_say({"foreign", "list"});
  EXPECT_THAT(error_of_load(), AllOf(HasSubstr("key postern:{acme}:grant"), HasSubstr("(list)")));
  redis->will_say({"newer", "2"});
  EXPECT_THAT(error_of_load(), HasSubstr("newer Postern (format 2)"));
  redis->will_say({"broken", ""});
  EXPECT_THAT(error_of_load(), HasSubstr("half a record"));
  redis->will_say({"record", "3", "9", document(3).substr(0, 40)});
  EXPECT_THAT(error_of_load(), AllOf(HasSubstr("key postern:{acme}:grant"), HasSubstr("JSON")));
  redis->will_fail("ERR unknown command 'EVAL'");
  EXPECT_THAT(error_of_load(), HasSubstr("unknown command"));
  EXPECT_EQ(redis->asked.size(), 5U);  // and nothing was written
}

TEST_F(RedisStoreTest, WhatMayBeOverByItselfSaysSo) {
  redis->away = "redis://r:6379 does not answer";
  const auto loaded = store->load("acme");
  ASSERT_FALSE(loaded);
  EXPECT_TRUE(loaded.error().passes);
  EXPECT_EQ(loaded.error().what, "redis://r:6379 does not answer");
  redis->away.clear();
  redis->will_fail("LOADING Redis is loading the dataset in memory");
  EXPECT_TRUE(store->try_lock("acme").error().passes);
  redis->will_say({"foreign", "postern:{acme}:lease"});
  EXPECT_FALSE(store->try_lock("acme").error().passes);
  redis->will_say({"uncounted", "postern:{acme}:fence"});
  EXPECT_THAT(store->try_lock("acme").error().what,
              AllOf(StartsWith("redis://r:6379, key postern:{acme}:fence counts locks"),
                    HasSubstr("remove it")));
}

TEST_F(RedisStoreTest, WhatTheAclForbidsInAScriptIsNamed) {
  const auto* const call = scripts::kLoad.begin() + scripts::kLoad.find("call('TYPE'");
  const auto line = 1 + std::count(scripts::kLoad.begin(), call, '\n');
  redis->will_fail(
      "ERR The user executing the script can't run this command or subcommand script: 1f, on "
      "@user_script:" +
      std::to_string(line) + ".");
  const auto loaded = store->load("acme");
  ASSERT_FALSE(loaded);
  EXPECT_TRUE(loaded.error().passes);
  EXPECT_THAT(loaded.error().what, HasSubstr("the command TYPE:"));
}

TEST_F(RedisStoreTest, BringsBackWhatTheDatabaseHasLost) {
  holds(3, 9);
  ASSERT_TRUE(store->load("acme"));
  holds(2, 5);
  redis->will_say({"saved", "9"});
  EXPECT_EQ((*store->load("acme"))->generation, 3U);
  EXPECT_EQ(last_script(), scripts::kRestore);
  EXPECT_THAT(last_asked(), ElementsAre("postern:{acme}:grant", "postern:{acme}:lease",
                                        "postern:{acme}:changed", "3", "9", document(3), "1500"));
  redis->will_say({"none", "0", "0", ""});
  redis->will_say({"saved", "9"});
  EXPECT_EQ((*store->load("acme"))->generation, 3U);
}

TEST_F(RedisStoreTest, BringsNothingBackOverWhatItCannotRead) {
  holds(3, 9);
  ASSERT_TRUE(store->load("acme"));
  redis->will_say({"record", "2", "5", "postern.sealed.v1.AAAA"});
  EXPECT_THAT(error_of_load(), HasSubstr("is sealed, and store.key is not set"));
  EXPECT_EQ(redis->asked.size(), 2U);
}

TEST_F(RedisStoreTest, TakesWhatSomebodyElseHasWrittenInsteadOfBringingBack) {
  holds(3, 9);
  ASSERT_TRUE(store->load("acme"));
  holds(2, 5);
  redis->will_say({"refused", "4"});
  holds(4, 11);
  EXPECT_EQ((*store->load("acme"))->generation, 4U);
}

TEST_F(RedisStoreTest, WhatWasForgottenIsBroughtBackAsForgotten) {
  redis->will_say({"record", "2000000000", "4", ""});
  ASSERT_TRUE(store->load("acme"));
  holds(3, 3);
  redis->will_say({"saved", "4"});
  EXPECT_FALSE(*store->load("acme"));
  EXPECT_EQ(last_asked()[3], "2000000000");
  EXPECT_EQ(last_asked()[5], "");
}

TEST_F(RedisStoreTest, TheLockIsALeaseWithAnOwner) {
  auto mine = lock();
  ASSERT_NE(mine, nullptr);
  const Words asked = last_asked();
  EXPECT_THAT(asked, ElementsAre("postern:{acme}:grant", "postern:{acme}:lease",
                                 "postern:{acme}:fence", testing::SizeIs(16), "35000"));
  redis->will_say({"held"});
  EXPECT_EQ(*store->try_lock("acme"), nullptr);
  redis->will_say({"held"});
  EXPECT_TRUE(*store->renew(*mine, false));
  EXPECT_THAT(last_asked(), ElementsAre("postern:{acme}:grant", "postern:{acme}:lease", "me:7",
                                        "35000", "1", ""));
  redis->will_say({"lost"});
  EXPECT_FALSE(*store->renew(*mine, true));
  EXPECT_EQ(last_asked().back(), "calling");
  redis->will_say({"released"});
  mine.reset();
  EXPECT_EQ(last_script(), scripts::kRelease);
  EXPECT_THAT(last_asked(), ElementsAre("postern:{acme}:lease", "me:7"));
}

TEST_F(RedisStoreTest, SavesAStepOrAPairWithWhatWasRead) {
  holds(1, 5);
  ASSERT_TRUE(store->load("acme"));
  auto mine = lock();
  StoredGrant step = pair(1);
  step.journal = JournalEntry{"refresh begun", WallTime{}};
  redis->will_say({"saved", "6"});
  ASSERT_TRUE(store->save(*mine, step));
  EXPECT_EQ(last_asked()[5], "step");
  EXPECT_EQ(last_asked()[8], "5");
  redis->will_say({"saved", "7"});
  ASSERT_TRUE(store->save(*mine, pair(2)));
  EXPECT_THAT(last_asked(),
              ElementsAre("postern:{acme}:grant", "postern:{acme}:lease", "postern:{acme}:changed",
                          "2", document(2), "pair", "me:7", "35000", "6", "1500"));
  redis->will_say({"held"});
  ASSERT_TRUE(store->renew(*mine, false));
  EXPECT_EQ(last_asked()[4], "2");
}

TEST_F(RedisStoreTest, AnotherOnesWritingIsNotOverwritten) {
  auto mine = lock();
  redis->will_say({"refused", "8"});
  const auto saved = store->save(*mine, pair(2));
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().what, HasSubstr("another process has written"));
  redis->will_say({"newer", "2"});
  EXPECT_THAT(store->save(*mine, pair(2)).error().what, HasSubstr("newer Postern"));
}

TEST_F(RedisStoreTest, ALockInNameOnlySavesByGenerationAlone) {
  auto alone = store->lock_alone("acme");
  EXPECT_FALSE(*store->renew(*alone, true));
  EXPECT_THAT(redis->asked, IsEmpty());
  redis->will_say({"saved", "2"});
  ASSERT_TRUE(store->save(*alone, pair(2)));
  EXPECT_EQ(last_asked()[6], "");
  alone.reset();
  EXPECT_EQ(redis->asked.size(), 1U);
}

TEST_F(RedisStoreTest, ACallWaitsForReplicasAndAPairDoesNot) {
  make(2);
  auto mine = lock();
  StoredGrant step = pair(1);
  step.journal = JournalEntry{"refresh begun", WallTime{}};
  redis->will_say({"saved", "6"});
  redis->answers.push_back(redis::Reply::of(1));
  EXPECT_THAT(store->save(*mine, step).error().what, HasSubstr("on 1 of the 2 replicas"));
  EXPECT_THAT(redis->asked.back(), ElementsAre("WAIT", "2", "1000"));
  redis->will_say({"saved", "7"});
  redis->answers.push_back(redis::Reply::of(0));
  EXPECT_TRUE(store->save(*mine, pair(2)));
  redis->will_say({"saved", "8"});
  redis->answers.push_back(redis::Reply::of(2));
  step.generation = 2;
  EXPECT_TRUE(store->save(*mine, step));
}

TEST_F(RedisStoreTest, WhyNobodyKnowsOfReplicasIsTold) {
  make(1);
  auto mine = lock();
  StoredGrant step = pair(1);
  step.journal = JournalEntry{"refresh begun", WallTime{}};
  redis->will_say({"saved", "6"});
  redis->will_refuse("the ACL does not allow WAIT");
  EXPECT_THAT(store->save(*mine, step).error().what,
              AllOf(HasSubstr("on 0 of the 1 replicas"), EndsWith("does not allow WAIT")));
}

TEST_F(RedisStoreTest, ForgettingLeavesAMarkThatNoMemoryOvertakes) {
  holds(3, 9);
  ASSERT_TRUE(store->load("acme"));
  auto mine = lock(3);
  redis->will_say({"forgotten", "2000000000", "10"});
  EXPECT_TRUE(*store->forget(*mine));
  EXPECT_GT(text::parse_unsigned(last_asked()[4]).value_or(0), 1'000'000'000U);
  EXPECT_TRUE(store->was_forgotten("acme"));
  redis->will_say({"none", "2000000001", "11"});
  EXPECT_FALSE(*store->forget(*mine));
  redis->will_say({"lost"});
  EXPECT_THAT(store->forget(*mine).error().what, EndsWith("try again"));
}

TEST_F(RedisStoreTest, IsWritableWhenAWriteIsTaken) {
  redis->will_say({"written"});
  EXPECT_TRUE(store->check_writable());
  EXPECT_THAT(last_asked()[0], StartsWith("postern:{probe}:"));
  redis->will_fail("READONLY You can't write against a read only replica.");
  EXPECT_THAT(store->check_writable().error().what, HasSubstr("replica"));
}

TEST_F(RedisStoreTest, SealsWhatItWrites) {
  auto sealer = Sealer::make(Secret(std::string(64, 'a')), Secret());
  ASSERT_TRUE(sealer);
  make(0, *sealer);
  auto mine = lock();
  redis->will_say({"saved", "1"});
  ASSERT_TRUE(store->save(*mine, pair(2)));
  const std::string sealed = last_asked()[4];
  EXPECT_THAT(sealed, StartsWith("postern.sealed.v1."));
  redis->will_say({"record", "2", "1", sealed});
  EXPECT_EQ((*store->load("acme"))->access_token.reveal(), "access-2");
}

TEST_F(RedisStoreTest, AnOldPairUnderANewerGenerationIsNotTakenAndTheNewestIsRemembered) {
  const auto sealer = Sealer::make(Secret(std::string(64, 'a')), Secret());
  make(0, *sealer);
  const std::string old(write_document(*sealer, "acme", pair(2))->reveal());
  const std::string newest(write_document(*sealer, "acme", pair(3))->reveal());
  redis->will_say({"record", "3", "8", newest});
  ASSERT_TRUE(*store->load("acme"));
  redis->will_say({"record", "4", "9", old});
  const auto replayed = store->load("acme");
  ASSERT_FALSE(replayed);
  EXPECT_FALSE(replayed.error().passes);
  EXPECT_THAT(replayed.error().what, HasSubstr("sealed as generation 2"));
  EXPECT_EQ(redis->asked.size(), 2U) << "it is left as it is";
  redis->will_say({"none", "0", "0", ""});
  redis->will_say({"saved", "8"});
  EXPECT_EQ((*store->load("acme"))->access_token.reveal(), "access-3") << "removed, it is back";
}

TEST_F(RedisStoreTest, ANumberThatNobodyComesToIsRefusedBeforeItIsUsed) {
  const std::string most = std::to_string(StoredGrant::kMostGeneration);
  redis->will_say({"record", "999999999999999", "1", document(3)});
  EXPECT_THAT(error_of_load(), AllOf(HasSubstr("generation 999999999999999"), HasSubstr("remove")));
  redis->will_say({"record", "3", "999999999999999", document(3)});
  EXPECT_THAT(error_of_load(), HasSubstr("revision 999999999999999"));
  redis->will_say({"record", most, most, document(3)});
  EXPECT_EQ(error_of_load(), "");
}

TEST_F(RedisStoreTest, TellsOnceWhatIsNotSealed) {
  make(0, *Sealer::make(Secret(std::string(64, 'a')), Secret()));
  for (const int revision : {1, 1, 2, 2}) {
    holds(3, revision);
    ASSERT_TRUE(*store->load("acme"));
  }
  EXPECT_EQ(logged("store_unsealed"), 2);
}

TEST_F(RedisStoreTest, WhatIsNoNameIsNotAskedFor) {
  EXPECT_FALSE(store->load("../x"));
  EXPECT_FALSE(store->try_lock("a}b"));
  EXPECT_THAT(redis->asked, IsEmpty());
}

}  // namespace
}  // namespace postern::grants
