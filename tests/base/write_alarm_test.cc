#include "base/write_alarm.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>

namespace postern {
namespace {

using namespace std::chrono_literals;

class WriteAlarmTest : public testing::Test {
 protected:
  WriteAlarmTest() { EXPECT_EQ(::pipe(ends_.data()), 0); }
  ~WriteAlarmTest() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  ssize_t write(size_t size) { return ::write(ends_[1], std::string(size, 'x').data(), size); }

  std::array<int, 2> ends_{};
  WriteAlarm alarm_;
};

TEST_F(WriteAlarmTest, EndsAWriteThatWaits) {
  constexpr size_t kMoreThanAPipeHolds = 1 << 20;
  alarm_.set(5ms);
  EXPECT_LT(write(kMoreThanAPipeHolds), ssize_t{kMoreThanAPipeHolds});
  EXPECT_EQ(write(1), -1) << "and the next, for it goes on";
  EXPECT_EQ(errno, EINTR);
  alarm_.clear();
}

TEST_F(WriteAlarmTest, LeavesOthersAlone) {
  alarm_.set(1h);
  EXPECT_EQ(write(1), 1);
  alarm_.clear();
  EXPECT_EQ(write(1), 1);
}

}  // namespace
}  // namespace postern
