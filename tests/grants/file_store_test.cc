#include "grants/file_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temporary_folder.h"

namespace postern::grants {
namespace {

using postern::test::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

StoredGrant make_grant(uint64_t generation) {
  StoredGrant stored;
  stored.generation = generation;
  stored.access_token = Secret("token-" + std::to_string(generation));
  return stored;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

class FileStoreTest : public ::testing::Test {
 protected:
  FileStoreTest() {
    auto opened = FileStore::open(path_);
    EXPECT_TRUE(opened) << opened.error().what;
    if (opened) store_ = std::move(*opened);
  }

  void save(std::string_view name, const StoredGrant& stored) {
    auto lock = store_->try_lock(name);
    ASSERT_TRUE(lock && *lock);
    auto saved = store_->save(**lock, stored);
    ASSERT_TRUE(saved) << saved.error().what;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "a/b/store";  // none of which is there yet
  std::unique_ptr<FileStore> store_;
};

TEST_F(FileStoreTest, WhatIsForgottenIsOverwrittenAndGone) {
  save("acme", make_grant(3));
  std::string path = path_ + "/acme.json";
  std::string second_name = folder_ / "still-seen";
  ASSERT_EQ(::link(path.c_str(), second_name.c_str()), 0) << "a look at the same bytes";
  ASSERT_THAT(postern::test::contents_of(second_name), HasSubstr("token-3"));
  auto lock = store_->try_lock("acme");
  ASSERT_TRUE(lock && *lock);
  EXPECT_EQ(store_->forget(**lock).value_or(false), true);
  EXPECT_THAT(names_in(path_), UnorderedElementsAre("acme.lock"));
  EXPECT_THAT(postern::test::contents_of(second_name), ::testing::Not(HasSubstr("token-3")));
  EXPECT_FALSE(store_->load("acme").value().has_value());
  EXPECT_EQ(store_->forget(**lock).value_or(true), false) << "there is nothing any more";
}

TEST_F(FileStoreTest, WhatWasSavedIsLoaded) {
  save("acme", make_grant(3));
  auto loaded = store_->load("acme");
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->generation, 3U);
  EXPECT_EQ((*loaded)->access_token.reveal(), "token-3");
}

TEST_F(FileStoreTest, AGrantThatIsNotThereIsNotAnError) {
  auto loaded = store_->load("acme");
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(*loaded);
}

TEST_F(FileStoreTest, FolderAndFilesAreForTheOwnerAlone) {
  mode_t before = ::umask(0);
  save("acme", make_grant(1));
  ::umask(before);
  EXPECT_EQ(mode_of(path_), 0700U);
  EXPECT_EQ(mode_of(folder_ / "a"), 0700U);
  EXPECT_EQ(mode_of(path_ + "/acme.json"), 0600U);
  EXPECT_EQ(mode_of(path_ + "/acme.lock"), 0600U);
}

TEST_F(FileStoreTest, SavingReplacesTheFileAndLeavesNothingBehind) {
  save("acme", make_grant(1));
  int old = ::open((path_ + "/acme.json").c_str(), O_RDONLY);
  save("acme", make_grant(2));
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::fstat(old, &before), 0);
  ASSERT_EQ(::stat((path_ + "/acme.json").c_str(), &after), 0);
  ::close(old);
  EXPECT_NE(before.st_ino, after.st_ino) << "the old file was written into";
  EXPECT_THAT(names_in(path_), UnorderedElementsAre("acme.json", "acme.lock"));
}

TEST_F(FileStoreTest, ATemporaryFileLeftByACrashIsNoObstacle) {
  std::ofstream(path_ + "/.acme.json.new") << "half a gra";
  save("acme", make_grant(1));
  EXPECT_THAT(names_in(path_), UnorderedElementsAre("acme.json", "acme.lock"));
}

TEST_F(FileStoreTest, WhenSavingFailsTheOldGrantStays) {
  save("acme", make_grant(1));
  // A folder of that name can be neither unlinked nor opened for writing, by root either.
  ASSERT_EQ(::mkdir((path_ + "/.acme.json.new").c_str(), 0700), 0);
  auto lock = store_->try_lock("acme");
  ASSERT_TRUE(lock && *lock);
  auto saved = store_->save(**lock, make_grant(2));
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().what, HasSubstr(path_));
  auto loaded = store_->load("acme");
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->generation, 1U);
}

TEST_F(FileStoreTest, TryingToWriteLeavesNothingBehind) {
  std::ofstream(path_ + "/.writable." + std::to_string(::getpid())) << "of a crash";
  EXPECT_TRUE(store_->check_writable());
  EXPECT_TRUE(names_in(path_).empty());
}

TEST_F(FileStoreTest, AStoreThatCannotBeWrittenIsNamed) {
  const std::string obstacle = path_ + "/.writable." + std::to_string(::getpid());
  ASSERT_EQ(::mkdir(obstacle.c_str(), 0700), 0);
  const auto outcome = store_->check_writable();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().what, HasSubstr("cannot make " + obstacle));
}

TEST_F(FileStoreTest, OneLockForEachGrantAtATime) {
  auto other_store = FileStore::open(path_);
  ASSERT_TRUE(other_store);
  {
    auto lock = store_->try_lock("acme");
    ASSERT_TRUE(lock && *lock);
    EXPECT_EQ((*lock)->grant(), "acme");
    auto second = (*other_store)->try_lock("acme");
    ASSERT_TRUE(second) << second.error().what;
    EXPECT_EQ(*second, nullptr);
    auto another = (*other_store)->try_lock("beta");
    ASSERT_TRUE(another);
    EXPECT_NE(*another, nullptr);
  }
  auto freed = (*other_store)->try_lock("acme");
  ASSERT_TRUE(freed);
  EXPECT_NE(*freed, nullptr);
}

TEST_F(FileStoreTest, AFileThatOthersCanReadIsRefusedNotRepaired) {
  save("acme", make_grant(1));
  std::string file = path_ + "/acme.json";
  for (mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    auto loaded = store_->load("acme");
    ASSERT_FALSE(loaded) << mode;
    EXPECT_THAT(loaded.error().what, HasSubstr("chmod 600 " + file));
    EXPECT_EQ(mode_of(file), mode);
  }
}

TEST_F(FileStoreTest, AFolderThatOthersCanReadIsRefused) {
  for (mode_t mode : {0750U, 0705U, 0777U}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    auto opened = FileStore::open(path_);
    ASSERT_FALSE(opened) << mode;
    EXPECT_THAT(opened.error().what, HasSubstr("chmod 700 " + path_));
  }
}

TEST_F(FileStoreTest, LinksAndOtherOddThingsAreNotFollowed) {
  std::string elsewhere = folder_.write("elsewhere", "{}");
  ::chmod(elsewhere.c_str(), 0600);
  ASSERT_EQ(::symlink(elsewhere.c_str(), (path_ + "/link.json").c_str()), 0);
  ASSERT_EQ(::symlink(elsewhere.c_str(), (path_ + "/link.lock").c_str()), 0);
  ASSERT_EQ(::mkfifo((path_ + "/pipe.json").c_str(), 0600), 0);
  ASSERT_EQ(::mkdir((path_ + "/folder.json").c_str(), 0700), 0);
  for (const char* name : {"link", "pipe", "folder"}) EXPECT_FALSE(store_->load(name)) << name;
  EXPECT_FALSE(store_->try_lock("link"));
}

TEST_F(FileStoreTest, ABrokenFileIsNamed) {
  std::ofstream(path_ + "/acme.json") << "{";
  ::chmod((path_ + "/acme.json").c_str(), 0600);
  auto loaded = store_->load("acme");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().what, HasSubstr(path_ + "/acme.json"));
}

TEST_F(FileStoreTest, NamesCannotLeadOutOfTheFolder) {
  for (const char* name : {"", ".", "..", "../acme", "a/b", ".hidden", "a b", "a\n"}) {
    EXPECT_FALSE(is_store_name(name)) << name;
    EXPECT_FALSE(store_->load(name)) << name;
    EXPECT_FALSE(store_->try_lock(name)) << name;
  }
  EXPECT_FALSE(is_store_name(std::string(65, 'a')));
  EXPECT_TRUE(is_store_name("Acme-eu_1.prod"));
}

TEST_F(FileStoreTest, RootLeavesFilesThatTheServiceCanRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  constexpr uid_t kService = 12345;
  ASSERT_EQ(::chown(path_.c_str(), kService, kService), 0);
  auto opened = FileStore::open(path_);
  ASSERT_TRUE(opened) << opened.error().what;
  store_ = std::move(*opened);
  save("acme", make_grant(1));
  for (const char* name : {"/acme.json", "/acme.lock"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path_ + name).c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, kService) << name;
    EXPECT_EQ(status.st_gid, kService) << name;
  }
}

TEST(FileStore, AFileInThePlaceOfTheFolderIsAnError) {
  TemporaryFolder folder;
  auto opened = FileStore::open(folder.write("store", ""));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().what, HasSubstr(folder / "store"));
}

TEST_F(FileStoreTest, AFolderPutInItsPlaceIsTheStoreFromThenOn) {
  save("acme", make_grant(3));
  const std::string other = folder_ / "a/b/restored";
  auto backup = FileStore::open(other);
  ASSERT_TRUE(backup);
  {
    auto lock = (*backup)->try_lock("acme");
    ASSERT_TRUE(lock && *lock);
    ASSERT_TRUE((*backup)->save(**lock, make_grant(7)));
  }
  ASSERT_EQ(::rename(path_.c_str(), (path_ + ".before").c_str()), 0);
  ASSERT_FALSE(store_->load("acme"));
  ASSERT_EQ(::rename(other.c_str(), path_.c_str()), 0);
  auto loaded = store_->load("acme");
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->generation, 7U);
}

TEST_F(FileStoreTest, AnOldFoldersLockIsWorthNothingInItsSuccessor) {
  auto lock = store_->try_lock("acme");
  ASSERT_TRUE(lock && *lock);
  ASSERT_EQ(::rename(path_.c_str(), (path_ + ".before").c_str()), 0);
  auto other = FileStore::open(path_);
  ASSERT_TRUE(other);
  auto busy = (*other)->try_lock("acme");
  ASSERT_TRUE(busy && *busy);
  EXPECT_FALSE(store_->save(**lock, make_grant(1))) << "somebody else is writing";
  busy->reset();
  ASSERT_TRUE(store_->save(**lock, make_grant(2)));
  EXPECT_EQ((*(*other)->load("acme"))->generation, 2U);
}

TEST_F(FileStoreTest, WithAKeyNothingReadableIsWritten) {
  save("acme", make_grant(3));
  auto sealer = Sealer::make(Secret(std::string(64, 'a')), Secret());
  auto sealed = FileStore::open(path_, *sealer);
  ASSERT_TRUE(sealed);
  auto before = (*sealed)->load("acme");  // written without a key, and still read
  ASSERT_TRUE(before && *before);
  {
    auto lock = (*sealed)->try_lock("acme");
    ASSERT_TRUE((*sealed)->save(**lock, make_grant(4)));
  }
  EXPECT_EQ((*(*sealed)->load("acme"))->generation, 4U);
  auto without = store_->load("acme");
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().what.find("store.key"), std::string::npos);
}

}  // namespace
}  // namespace postern::grants
