#include "relay/cors.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

http::RequestHead preflight() {
  http::RequestHead head;
  head.method = http::Method::kOptions;
  head.fields = {{"Origin", "https://app.example", http::FieldName::kOrigin},
                 {"Access-Control-Request-Method", "PUT"},
                 {"Access-Control-Request-Headers", "content-type"}};
  return head;
}

TEST(CorsTest, APreflightIsOptionsWithOriginAndMethod) {
  http::RequestHead head = preflight();
  EXPECT_TRUE(is_preflight(head));
  head.method = http::Method::kGet;
  EXPECT_FALSE(is_preflight(head));
  head = preflight();
  head.fields.erase(head.fields.begin());
  EXPECT_FALSE(is_preflight(head));
  head = preflight();
  head.fields.erase(head.fields.begin() + 1);
  EXPECT_FALSE(is_preflight(head));
}

TEST(CorsTest, TheAnswerAllowsWhatWasAskedForThatOriginOnly) {
  http::RequestHead head = preflight();
  http::Fields fields;
  make_preflight_fields(head, fields);
  EXPECT_EQ(http::find(fields, "Access-Control-Allow-Origin")->value, "https://app.example");
  EXPECT_EQ(http::find(fields, "Access-Control-Allow-Headers")->value, "content-type");
  EXPECT_EQ(http::find(fields, "Vary")->value, "Origin");
  EXPECT_EQ(http::find(fields, "Access-Control-Allow-Credentials"), nullptr);
}

TEST(CorsTest, RateLimitFieldsAreExposed) {
  http::RequestHead head = preflight();
  http::Fields fields;
  append_cors_fields(head, fields);
  std::string_view exposed = http::find(fields, "Access-Control-Expose-Headers")->value;
  EXPECT_NE(exposed.find("X-Sentry-Rate-Limit-Remaining"), std::string_view::npos);
}

}  // namespace
}  // namespace postern::relay
