#include "http/status.h"

#include <gtest/gtest.h>

namespace postern::http {
namespace {

TEST(Status, KnowsThePhrasesOfTheCodesPosternSends) {
  EXPECT_EQ(reason_phrase(100), "Continue");
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(421), "Misdirected Request");
  EXPECT_EQ(reason_phrase(429), "Too Many Requests");
  EXPECT_EQ(reason_phrase(511), "Network Authentication Required");
  for (const int status :
       {400, 403, 404, 405, 408, 409, 412, 413, 414, 417, 431, 500, 501, 502, 503, 504, 505})
    EXPECT_NE(reason_phrase(status), "") << status;
}

TEST(Status, HasNoPhraseForOtherCodes) {
  for (const int status : {0, 99, 299, 306, 418, 599, 1000, -1})
    EXPECT_EQ(reason_phrase(status), "") << status;
}

TEST(Status, SaysWhichAnswersNeverHaveABody) {
  for (const int status : {100, 101, 103, 204, 304}) EXPECT_TRUE(is_bodiless(status)) << status;
  for (const int status : {200, 205, 302, 404, 500}) EXPECT_FALSE(is_bodiless(status)) << status;
}

}  // namespace
}  // namespace postern::http
