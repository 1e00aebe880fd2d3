#include "relay/limits_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace postern::relay {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string logged(const std::function<void(LimitsLog&)>& use) {
  std::string text;
  {
    log::Logger logger({}, [&text](std::string_view bytes) { text.append(bytes); });
    LimitsLog log(logger);
    use(log);
  }
  return text;
}

limits::LimitNews news(const limits::FamilyKey& key) {
  limits::LimitNews made{key, "/api/0/issues/", {}};
  made.bucket.limit = 40;
  made.bucket.window = 1;
  made.waiting = 12;
  made.wait = 1500ms;
  made.lasted = 61s;
  return made;
}

TEST(LimitsLog, ALimitThatIsUsedUpIsAWarningThatSaysWhatToDo) {
  const limits::FamilyKey key{"user 7", "sentry.io", "GET"};
  const std::string line = logged([&](LimitsLog& log) { log.on_full(news(key)); });
  EXPECT_THAT(line, HasSubstr(" warn limit_reached upstream=sentry.io holder=\"user 7\" group=GET "
                              "route=/api/0/issues/ limit=40 window_s=1 waiting=12 "
                              "wait_ms=1500.000 detail="));
  EXPECT_THAT(line, HasSubstr("postern explain"));
}

TEST(LimitsLog, RoomAgainIsSaidWithWhatItCost) {
  const limits::FamilyKey key{"user 7", "sentry.io", "GET"};
  const std::string line = logged([&](LimitsLog& log) { log.on_room(news(key)); });
  EXPECT_THAT(line, HasSubstr(" info limit_has_room "));
  EXPECT_THAT(line, HasSubstr("lasted_ms=61000.000"));
}

TEST(LimitsLog, AHostThatRestsIsAWarningAndItsReturnIsNot) {
  const std::string rests = logged([](LimitsLog& log) { log.on_resting("sentry.io", 2s); });
  EXPECT_THAT(rests, HasSubstr(" warn upstream_resting upstream=sentry.io rest_ms=2000.000"));
  EXPECT_THAT(rests, HasSubstr("postern doctor"));
  const std::string back = logged([](LimitsLog& log) { log.on_back("sentry.io", 9s); });
  EXPECT_THAT(back, HasSubstr(" info upstream_back upstream=sentry.io lasted_ms=9000.000"));
}

}  // namespace
}  // namespace postern::relay
