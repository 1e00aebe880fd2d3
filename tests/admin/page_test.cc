#include "admin/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace postern::admin {
namespace {

std::string policy_of(const Response& response) {
  std::string all;
  for (const http::Field& field : answer_fields(response))
    if (field.name == "Content-Security-Policy") all += field.value;
  return all;
}

TEST(AnswerFields, DataIsShutInASandbox) {
  EXPECT_EQ(policy_of(Response::json(200, "{}")), "sandbox; default-src 'none'");
}

TEST(AnswerFields, APageTakesNothingFromElsewhereAndGoesIntoNoFrame) {
  const std::string policy = policy_of(Response::page("<p>"));
  for (const char* part : {"default-src 'none'", "script-src 'self'", "style-src 'self'",
                           "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"})
    EXPECT_THAT(policy, testing::HasSubstr(part));
  EXPECT_THAT(policy, testing::Not(testing::HasSubstr("unsafe")));
}

TEST(AnswerFields, APageWithFormsSaysWhereTheyLead) {
  Response response = Response::page("<p>");
  response.policy = page_policy("'self' https://sentry.test");
  EXPECT_THAT(policy_of(response), testing::HasSubstr("form-action 'self' https://sentry.test"));
  EXPECT_THAT(policy_of(response), testing::HasSubstr("default-src 'none'"));
}

TEST(AnswerFields, AnAddressThatIsLeftIsToldToNobody) {
  Response response = Response::see_other("/");
  response.cookies = {"a=1", "b=2"};
  const http::Fields fields = answer_fields(response);
  EXPECT_EQ(http::find(fields, "Location")->value, "/");
  EXPECT_EQ(http::find(fields, "Referrer-Policy")->value, "no-referrer");
  EXPECT_EQ(http::find(fields, "Set-Cookie")->value, "a=1");
  EXPECT_EQ(std::count_if(fields.begin(), fields.end(),
                          [](const http::Field& field) { return field.name == "Set-Cookie"; }),
            2);
}

}  // namespace
}  // namespace postern::admin
