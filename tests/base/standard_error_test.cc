#include "base/standard_error.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

#include "support/temporary_folder.h"

namespace postern {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::StartsWith;

// Standard error is led elsewhere for the length of a test.
class StandardErrorTest : public testing::Test {
 protected:
  StandardErrorTest() : before_(::dup(STDERR_FILENO)) {}
  ~StandardErrorTest() override {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    ::close(reader_);
  }

  void lead_to(int descriptor) {
    ASSERT_GE(descriptor, 0);
    ::dup2(descriptor, STDERR_FILENO);
    ::close(descriptor);
  }
  void lead_to_pipe() {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    reader_ = ends[0];
    lead_to(ends[1]);
  }
  void lead_to_terminal() {
    reader_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(reader_, 0);
    ASSERT_EQ(::grantpt(reader_), 0);
    ASSERT_EQ(::unlockpt(reader_), 0);
    lead_to(::open(::ptsname(reader_), O_WRONLY | O_NOCTTY));
  }
  // What comes until nothing has for a moment.
  std::string read() const {
    std::string text;
    std::array<char, 4096> some;
    pollfd ready{reader_, POLLIN, 0};
    while (::poll(&ready, 1, 50) > 0) {
      const ssize_t got = ::read(reader_, some.data(), some.size());
      if (got <= 0) break;
      text.append(some.data(), static_cast<size_t>(got));
    }
    return text;
  }
  static std::string lines(size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text.append(99, 'x').push_back('\n');
    return text;
  }

  StandardError error_{50ms};
  int before_;
  int reader_ = -1;
};

TEST_F(StandardErrorTest, AFileTakesAll) {
  const test::TemporaryFolder folder;
  lead_to(::open(folder.write("log", "").c_str(), O_WRONLY));
  EXPECT_EQ(error_.write(lines(10'000)), 0U);
  EXPECT_EQ(test::contents_of(folder / "log"), lines(10'000));
}

TEST_F(StandardErrorTest, APipeThatNobodyReadsTakesWhatFits) {
  lead_to_pipe();
  EXPECT_THAT(error_.write(lines(10'000)), AllOf(Gt(0U), Lt(10'000U)));
}

TEST_F(StandardErrorTest, ATerminalThatNobodyReadsTakesWhatFits) {
  lead_to_terminal();
  EXPECT_THAT(error_.write(lines(10'000)), AllOf(Gt(0U), Lt(10'000U)));
  EXPECT_EQ(error_.write("late\n"), 1U);
}

TEST_F(StandardErrorTest, ATerminalThatIsReadAgainTakesTheNextLineAsALineOfItsOwn) {
  lead_to_terminal();
  (void)error_.write(lines(10'000));
  (void)read();
  EXPECT_EQ(error_.write("late\n"), 0U);
  EXPECT_THAT(read(), HasSubstr("\nlate\r\n"));
}

TEST_F(StandardErrorTest, AtTheEndAReaderHasAMomentForAllThatIsLeft) {
  lead_to_pipe();
  error_.hurry();
  while (error_.write(lines(1000)) == 0) continue;
  EXPECT_GT(error_.write(lines(1)), 0U);
  EXPECT_GT(error_.write(lines(1)), 0U);
  EXPECT_THAT(read(), StartsWith("xxx"));
  EXPECT_EQ(error_.write("late\n"), 1U) << "there is room, but no time is left";
}

}  // namespace
}  // namespace postern
