#include "base/file_mark.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "support/temporary_folder.h"

namespace postern {
namespace {

using test::TemporaryFolder;

TEST(FileMark, OfWhatIsNotThereIsEmpty) {
  EXPECT_EQ(file_mark(TemporaryFolder() / "absent"), "");
}

// A file that could not be read is looked at again once its owner has been corrected.
TEST(FileMark, ChangesWithPermissions) {
  TemporaryFolder folder;
  const std::string path = folder.write("a", "one");
  const std::string first = file_mark(path);
  EXPECT_EQ(file_mark(path), first);
  // The clock of files ticks once in some milliseconds.
  for (int i = 0; i < 1000000 && file_mark(path) == first; ++i) ::chmod(path.c_str(), 0600);
  EXPECT_NE(file_mark(path), first);
}

}  // namespace
}  // namespace postern
