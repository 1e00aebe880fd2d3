#include "grants/static_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/temporary_folder.h"

namespace postern::grants {
namespace {

class StaticStoreTest : public testing::Test {
 protected:
  StaticStoreTest() {
    options_.name = options_.organization = "acme";
    options_.kind = Kind::kStatic;
    options_.sentry_url = "https://sentry.example";
    options_.token_file = path("token");
  }
  std::string path(const std::string& name) { return folder_.path() + "/" + name; }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(path(name), std::ios::binary) << text;
  }

  postern::test::TemporaryFolder folder_;
  GrantOptions options_;
};

TEST_F(StaticStoreTest, ReadsTheTokenWithoutItsNewline) {
  write("token", "sntryu_abc\r\n");
  auto stored = StaticStore(options_).load("acme");
  ASSERT_TRUE(stored && *stored);
  EXPECT_EQ((*stored)->access_token.reveal(), "sntryu_abc");
  EXPECT_EQ((*stored)->kind, "static");
  EXPECT_FALSE((*stored)->expires_at);
}

TEST_F(StaticStoreTest, ItsGenerationGrowsOnlyWhenTheTokenChanges) {
  StaticStore store(options_);
  write("token", "one");
  EXPECT_EQ((*store.load("acme"))->generation, 1U);
  EXPECT_EQ((*store.load("acme"))->generation, 1U);
  write("token", "two");
  auto second = store.load("acme");
  EXPECT_EQ((*second)->generation, 2U);
  EXPECT_EQ((*second)->access_token.reveal(), "two");
}

// Nobody may ever write into it, and other grants are read after this one.
TEST_F(StaticStoreTest, DoesNotWaitAtAPipe) {
  ASSERT_EQ(::mkfifo(path("token").c_str(), 0600), 0);
  auto stored = StaticStore(options_).load("acme");
  ASSERT_FALSE(stored);
  EXPECT_NE(stored.error().what.find("not a regular file"), std::string::npos);
}

TEST_F(StaticStoreTest, SeesTheSwapOfAMountedSecretsLink) {
  write("first", "one");
  write("second", "two");
  ASSERT_EQ(::symlink(path("first").c_str(), path("token").c_str()), 0);
  StaticStore store(options_);
  EXPECT_EQ((*store.load("acme"))->access_token.reveal(), "one");
  ASSERT_EQ(::symlink(path("second").c_str(), path("next").c_str()), 0);
  ASSERT_EQ(::rename(path("next").c_str(), path("token").c_str()), 0);
  EXPECT_EQ((*store.load("acme"))->access_token.reveal(), "two");
}

TEST_F(StaticStoreTest, WhatIsNoTokenIsRefusedWithThePlaceAndWithoutTheText) {
  StaticStore store(options_);
  EXPECT_NE(store.load("acme").error().what.find(path("token")), std::string::npos);
  for (const std::string& text : {std::string(), std::string("two words"), std::string(5000, 'x'),
                                  std::string("two\nlines"), std::string("\0x", 2)}) {
    write("token", text);
    auto stored = store.load("acme");
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().what.find("words"), std::string::npos);
  }
}

TEST_F(StaticStoreTest, TakesTheTokenOfTheConfigurationAndIsNeverWritten) {
  options_.token_file.clear();
  options_.token = Secret("sntrys_x");
  StaticStore store(options_);
  EXPECT_EQ((*store.load("acme"))->access_token.reveal(), "sntrys_x");
  EXPECT_EQ(store.where("acme"), "the configuration");
  EXPECT_FALSE(store.try_lock("acme"));
}

}  // namespace
}  // namespace postern::grants
