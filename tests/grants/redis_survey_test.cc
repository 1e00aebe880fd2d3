#include "grants/redis_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "grants/redis_scripts.h"
#include "support/fake_redis.h"

namespace postern::grants {
namespace {

using postern::test::texts;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = RedisSurvey::State;

TEST(RedisSurvey, AsksForTheKeysOfOneGrant) {
  const auto words = postern::test::words_of(survey_command("p", "acme"));
  EXPECT_THAT(words,
              ElementsAre("EVAL", scripts::kSurvey, "2", "p:{acme}:grant", "p:{acme}:lease"));
}

TEST(RedisSurvey, TellsWhoWroteAndWhoRefreshes) {
  const auto survey = survey_of(texts(
      {"90000", "record", "12", "40", "document", "50000", "me", "you:7:80000:35000", "25000"}));
  ASSERT_TRUE(survey);
  EXPECT_EQ(survey->state, State::kStored);
  EXPECT_EQ(survey->generation, 12U);
  EXPECT_EQ(survey->now, 90000);
  EXPECT_EQ(survey->written, 50000);
  EXPECT_EQ(survey->writer, "me");
  EXPECT_EQ(survey->lease, "you");
  EXPECT_EQ(survey->lease_since, 80000);
  EXPECT_EQ(survey->lease_left, 25000);
}

TEST(RedisSurvey, KnowsWhatIsNotThere) {
  EXPECT_EQ(survey_of(texts({"9", "none", "0", "0", "", "", "", "", "0"}))->state, State::kNone);
  const auto forgotten =
      survey_of(texts({"9", "record", "4", "9", "", "5", "me", "restored", "900"}));
  EXPECT_EQ(forgotten->state, State::kForgotten);
  EXPECT_EQ(forgotten->lease, "") << "nobody's";
}

TEST(RedisSurvey, ALeaseOfOneWhoMayNotAskForTheTimeHasNoBeginning) {
  const auto survey = survey_of(texts({"0", "none", "0", "0", "", "", "", "me:3:0:35000", "10"}));
  EXPECT_EQ(survey->lease, "me");
  EXPECT_EQ(survey->lease_since, 0);
}

TEST(RedisSurvey, NamesWhatCannotBeUnderstood) {
  const auto unfit = [](const std::string& state, const std::string& what) {
    return survey_of(texts({"9", state, what, "0", "", "", "", "", "0"}))->unfit;
  };
  EXPECT_THAT(unfit("newer", "2"), HasSubstr("newer Postern (format 2)"));
  EXPECT_THAT(unfit("foreign", "list"), HasSubstr("something else (list)"));
  EXPECT_THAT(unfit("broken", ""), HasSubstr("half a record"));
  EXPECT_THAT(unfit("record", "999999999999999"), HasSubstr("no number of refreshes"));
}

TEST(RedisSurvey, AnotherAnswerIsAnError) {
  EXPECT_FALSE(survey_of(texts({"9", "none"})));
  EXPECT_FALSE(survey_of(redis::Reply::of(3)));
  const auto error = redis::Reply::of(redis::Reply::Kind::kError, "NOPERM no");
  EXPECT_THAT(survey_of(error).error().what, HasSubstr("NOPERM"));
}

}  // namespace
}  // namespace postern::grants
