#include "admin/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace postern::admin
