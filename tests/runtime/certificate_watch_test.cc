#include "runtime/certificate_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "support/fake_background.h"
#include "support/fake_clock.h"
#include "support/fake_timers.h"

namespace postern::runtime {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class CertificateWatchTest : public testing::Test {
 protected:
  CertificateWatchTest() { watch_.start(); }

  // Lets `time` pass; whatever is to be read is read at once.
  void pass(Duration time) {
    for (const Instant end = clock_.now() + time; clock_.now() < end;) {
      timers_.advance(100ms);
      background_.run();
    }
  }
  CertificateSource source() {
    return {mark_, [this] { return mark_; },
            [this]() -> CertificateReading {
              if (!fault_.empty()) return fail(fault_);
              return std::shared_ptr<const wire::TlsServer>();
            }};
  }
  void hear(const CertificateReading& reading) {
    heard_.push_back(reading ? "loaded" : reading.error().what);
  }

  std::string mark_ = "first";
  std::string fault_;
  std::vector<std::string> heard_;
  test::FakeClock clock_;
  test::FakeTimers timers_{clock_};
  test::FakeBackground background_;
  CertificateWatch watch_{source(), background_, timers_, clock_,
                          [this](const CertificateReading& reading) { hear(reading); }};
};

TEST_F(CertificateWatchTest, FilesThatStayAreNotRead) {
  pass(10s);
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(CertificateWatchTest, ChangedFilesAreReadOnceWithinTwoSeconds) {
  mark_ = "second";
  pass(1500ms);
  EXPECT_THAT(heard_, IsEmpty());
  pass(10s);
  EXPECT_THAT(heard_, ElementsAre("loaded"));
}

TEST_F(CertificateWatchTest, WhileTheyAreBeingWrittenTheyAreLeftAlone) {
  for (int i = 0; i < 5; ++i) {
    mark_ = std::to_string(i);
    pass(1s);
  }
  EXPECT_THAT(heard_, IsEmpty());
  pass(1s);
  EXPECT_THAT(heard_, ElementsAre("loaded"));
}

TEST_F(CertificateWatchTest, AFaultIsToldOnceUntilTheyChangeAgain) {
  mark_ = fault_ = "no certificate";
  pass(10s);
  EXPECT_THAT(heard_, ElementsAre("no certificate"));
  fault_.clear();
  mark_ = "first";  // as it was
  pass(3s);
  EXPECT_THAT(heard_, ElementsAre("no certificate", "loaded"));
}

TEST_F(CertificateWatchTest, ReloadingReadsAtOnceAndOnce) {
  mark_ = "second";
  watch_.reload();
  watch_.reload();
  background_.run();
  EXPECT_THAT(heard_, ElementsAre("loaded"));
  pass(5s);
  EXPECT_THAT(heard_, ElementsAre("loaded"));
}

}  // namespace
}  // namespace postern::runtime
