#include "base/folders.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "support/temporary_folder.h"

namespace postern {
namespace {

using test::TemporaryFolder;

TEST(Folders, AreMadeWithThoseAboveThemAndForTheirOwnerAlone) {
  TemporaryFolder folder;
  for (int time = 0; time < 2; ++time) EXPECT_EQ(make_folders(folder / "a/b"), 0);
  for (const char* made : {"a", "a/b"}) {
    struct stat status {};
    ASSERT_EQ(::stat((folder / made).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0700U);
  }
}

TEST(Folders, SaysWhyOneCannotBeMade) {
  TemporaryFolder folder;
  EXPECT_EQ(make_folders(folder.write("file", "") + "/a/b"), ENOTDIR);
}

}  // namespace
}  // namespace postern
