// What config does with files: texts, the runtime file, and where the configuration is looked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "config/defaults.h"
#include "config/runtime_file.h"
#include "config/text_file.h"
#include "support/temporary_folder.h"

namespace postern::config {
namespace {

using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TextFile, IsReadWhole) {
  TemporaryFolder folder;
  auto text = read_text_file(folder.write("a", std::string("a\0b\n", 4)));
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, std::string("a\0b\n", 4));
}

TEST(TextFile, NamesWhatItCannotRead) {
  TemporaryFolder folder;
  for (const std::string& path : {folder / "absent", folder.path(),
                                  folder.write("large", std::string(kMaxTextFile + 1, 'a'))}) {
    auto text = read_text_file(path);
    ASSERT_FALSE(text) << path;
    EXPECT_THAT(text.error().what, HasSubstr(path));
  }
}

// Whoever reads it again has other work: nobody may ever write into a pipe.
TEST(TextFile, WaitsForNoPipeWhereOnlyPlainFilesAreWanted) {
  TemporaryFolder folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto text = read_text_file(pipe, TextFiles::kPlain);
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().what, HasSubstr(pipe + " is a pipe or a device"));
  EXPECT_TRUE(read_text_file(folder.write("a", "one"), TextFiles::kPlain));
}

TEST(RuntimeFile, TellsOthersWhatWasWritten) {
  TemporaryFolder folder;
  std::string path = folder / "new/state/postern.runtime";
  auto written = write_runtime_file(path, {123, {"127.0.0.1:41234", "unix:/run/p.sock"}});
  ASSERT_TRUE(written) << written.error().what;
  auto info = read_runtime_file(path);
  ASSERT_TRUE(info && *info);
  EXPECT_EQ((*info)->pid, 123);
  EXPECT_THAT((*info)->listen, ElementsAre("127.0.0.1:41234", "unix:/run/p.sock"));
}

TEST(RuntimeFile, TellsWhichAddressesSpeakTls) {
  TemporaryFolder folder;
  const std::string path = folder / "runtime";
  const std::vector<std::string> listen{"127.0.0.1:1", "127.0.0.1:2"};
  ASSERT_TRUE(write_runtime_file(path, {1, listen, "", {"127.0.0.1:2"}}));
  const auto info = read_runtime_file(path);
  ASSERT_TRUE(info && *info);
  EXPECT_EQ((*info)->listen, listen);
  EXPECT_FALSE(speaks_tls(**info, "127.0.0.1:1"));
  EXPECT_TRUE(speaks_tls(**info, "127.0.0.1:2"));
}

TEST(RuntimeFile, IsReplacedWhole) {
  TemporaryFolder folder;
  std::string path = folder / "runtime";
  ASSERT_TRUE(write_runtime_file(path, {1, {"127.0.0.1:1", "127.0.0.1:2"}}));
  ASSERT_TRUE(write_runtime_file(path, {2, {"127.0.0.1:3"}}));
  EXPECT_EQ(test::contents_of(path), "pid=2\nlisten=127.0.0.1:3\n");
  auto entries = std::filesystem::directory_iterator(folder.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1) << "a temporary file was left";
}

TEST(RuntimeFile, ThatIsNotThereIsNotAnError) {
  TemporaryFolder folder;
  auto info = read_runtime_file(folder / "absent/runtime");
  ASSERT_TRUE(info);
  EXPECT_FALSE(*info);
}

TEST(RuntimeFile, ThatIsSomethingElseIsAnError) {
  TemporaryFolder folder;
  for (const char* text : {"", "hello\n", "pid=0\n", "pid=-1\n", "pid=99999999999\n"}) {
    EXPECT_FALSE(read_runtime_file(folder.write("runtime", text))) << text;
  }
}

TEST(RuntimeFile, ThatIsAPipeIsNotWaitedForButReplaced) {
  TemporaryFolder folder;
  const std::string path = folder / "runtime";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(read_runtime_file(path));
  remove_runtime_file(path, 1);
  ASSERT_TRUE(write_runtime_file(path, {1, {}}));
  EXPECT_TRUE(read_runtime_file(path));
}

TEST(RuntimeFile, ThatCannotBeWrittenIsNamed) {
  TemporaryFolder folder;
  std::string path = folder.write("file", "") + "/runtime";
  auto written = write_runtime_file(path, {1, {}});
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().what, HasSubstr(path));
}

TEST(RuntimeFile, IsRemovedOnlyByItsOwnProcess) {
  TemporaryFolder folder;
  std::string path = folder / "runtime";
  ASSERT_TRUE(write_runtime_file(path, {2, {}}));
  remove_runtime_file(path, 1);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  remove_runtime_file(path, 2);
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST(StateFolder, FollowsTheSystemThenTheUser) {
  EXPECT_EQ(default_state_folder({{"STATE_DIRECTORY", "/var/lib/a:/var/lib/b"}}), "/var/lib/a");
  Environment user{{"XDG_STATE_HOME", "/home/jane/.state"}, {"HOME", "/home/jane"}};
  if (::geteuid() == 0) {
    EXPECT_EQ(default_state_folder(user), "/var/lib/postern");
    return;
  }
  EXPECT_EQ(default_state_folder(user), "/home/jane/.state/postern");
  EXPECT_EQ(default_state_folder({{"HOME", "/home/jane"}}), "/home/jane/.local/state/postern");
}

TEST(ConfigFile, TheOneAskedForBeatsTheVariable) {
  EXPECT_EQ(find_config_file("asked.yaml", {{"POSTERN_CONFIG", "variable.yaml"}}), "asked.yaml");
  EXPECT_EQ(find_config_file("", {{"POSTERN_CONFIG", "variable.yaml"}}), "variable.yaml");
}

}  // namespace
}  // namespace postern::config
