#include "admin/token.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace postern::admin {
namespace {

class AdminToken : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "admin-token-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = name + "/admin.token";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::string path_;
};

TEST_F(AdminToken, IsMadeOnceForTheOwnerAloneAndReadAgain) {
  const auto made = load_or_make_token(path_);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->reveal().size(), 64U);
  struct stat about {};
  ASSERT_EQ(stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  const auto again = load_or_make_token(path_);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_TRUE(*made == *again);
}

TEST_F(AdminToken, OpenToOtherUsersIsRefusedWithTheRemedy) {
  ASSERT_TRUE(load_or_make_token(path_));
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  const auto token = load_or_make_token(path_);
  ASSERT_FALSE(token);
  EXPECT_NE(token.error().what.find("chmod 600"), std::string::npos) << token.error().what;
}

TEST_F(AdminToken, CutShortIsRefused) {
  ASSERT_TRUE(load_or_make_token(path_));
  std::filesystem::resize_file(path_, 10);
  EXPECT_FALSE(load_or_make_token(path_));
}

TEST_F(AdminToken, InAMissingFolderOrInPlaceOfOneIsRefused) {
  EXPECT_FALSE(load_or_make_token(folder_ + "/missing/admin.token"));
  EXPECT_FALSE(load_or_make_token(folder_));
}

}  // namespace
}  // namespace postern::admin
