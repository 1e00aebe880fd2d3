#include "config/key_search.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "config/options.h"

namespace postern::config {
namespace {

class KeySearch : public ::testing::Test {
 protected:
  Options options_;
  std::vector<Key> keys_ = keys_of(options_);
};

TEST_F(KeySearch, FindsAKeyByItsWholePathOnly) {
  ASSERT_NE(find_key(keys_, "client.id"), nullptr);
  EXPECT_EQ(find_key(keys_, "client.id")->path, "client.id");
  EXPECT_EQ(find_key(keys_, "client"), nullptr);
  EXPECT_EQ(find_key(keys_, "id"), nullptr);
}

TEST_F(KeySearch, OnlySecretsHaveFiles) {
  const Key* secret = find_secret_of_file(keys_, "client.secret_file");
  ASSERT_NE(secret, nullptr);
  EXPECT_EQ(secret->path, "client.secret");
  EXPECT_EQ(find_secret_of_file(keys_, "client.secret"), nullptr);
  EXPECT_EQ(find_secret_of_file(keys_, "client.id_file"), nullptr);
}

TEST_F(KeySearch, NamesEachKeyBelowASectionOnce) {
  EXPECT_TRUE(is_section(keys_, "client"));
  EXPECT_FALSE(is_section(keys_, "cli"));
  EXPECT_EQ(join(names_below(keys_, "client.")), "id, secret, auth");
  int clients = 0;
  for (const std::string_view name : names_below(keys_, "")) clients += name == "client";
  EXPECT_EQ(clients, 1);
}

}  // namespace
}  // namespace postern::config
