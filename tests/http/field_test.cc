#include "http/field.h"

#include <gtest/gtest.h>

#include <string>

#include "http/chars.h"

namespace postern::http {
namespace {

TEST(FieldName, IsFoundInAnyCase) {
  EXPECT_EQ(field_name("Host"), FieldName::kHost);
  EXPECT_EQ(field_name("HOST"), FieldName::kHost);
  EXPECT_EQ(field_name("te"), FieldName::kTe);
  EXPECT_EQ(field_name("transfer-ENCODING"), FieldName::kTransferEncoding);
  EXPECT_EQ(field_name("Content-Security-Policy-Report-Only"), FieldName::kContentSecurityPolicy);
}

TEST(FieldName, EveryNameWithSpecialTreatmentHasItsOwnId) {
  const std::pair<const char*, FieldName> kNames[] = {
      {"Accept", FieldName::kAccept},
      {"Accept-Encoding", FieldName::kAcceptEncoding},
      {"Alt-Svc", FieldName::kAltSvc},
      {"Authorization", FieldName::kAuthorization},
      {"Connection", FieldName::kConnection},
      {"Content-Encoding", FieldName::kContentEncoding},
      {"Content-Length", FieldName::kContentLength},
      {"Content-Security-Policy", FieldName::kContentSecurityPolicy},
      {"Content-Type", FieldName::kContentType},
      {"Cookie", FieldName::kCookie},
      {"Cross-Origin-Resource-Policy", FieldName::kCrossOriginResourcePolicy},
      {"Date", FieldName::kDate},
      {"Expect", FieldName::kExpect},
      {"Forwarded", FieldName::kForwarded},
      {"HTTP2-Settings", FieldName::kHttp2Settings},
      {"Keep-Alive", FieldName::kKeepAlive},
      {"Link", FieldName::kLink},
      {"Location", FieldName::kLocation},
      {"Origin", FieldName::kOrigin},
      {"Proxy-Authenticate", FieldName::kProxyAuthenticate},
      {"Proxy-Authorization", FieldName::kProxyAuthorization},
      {"Proxy-Connection", FieldName::kProxyConnection},
      {"Referer", FieldName::kReferer},
      {"Retry-After", FieldName::kRetryAfter},
      {"Sec-Fetch-Dest", FieldName::kSecFetchDest},
      {"Sec-Fetch-Mode", FieldName::kSecFetchMode},
      {"Sec-Fetch-Site", FieldName::kSecFetchSite},
      {"Server-Timing", FieldName::kServerTiming},
      {"Set-Cookie", FieldName::kSetCookie},
      {"Strict-Transport-Security", FieldName::kStrictTransportSecurity},
      {"Trailer", FieldName::kTrailer},
      {"Upgrade", FieldName::kUpgrade},
      {"Via", FieldName::kVia},
      {"X-Content-Type-Options", FieldName::kXContentTypeOptions},
      {"X-Request-Id", FieldName::kXRequestId},
      {"X-Sentry-Proxy-URL", FieldName::kXSentryProxyUrl},
  };
  for (const auto& [name, id] : kNames) EXPECT_EQ(field_name(name), id) << name;
}

TEST(FieldName, FamiliesShareOneId) {
  EXPECT_EQ(field_name("X-Forwarded-For"), FieldName::kXForwarded);
  EXPECT_EQ(field_name("x-forwarded-anything-at-all-however-long"), FieldName::kXForwarded);
  EXPECT_EQ(field_name("X-Real-IP"), FieldName::kXForwarded);
  EXPECT_EQ(field_name("X-Postern-Grant"), FieldName::kXPostern);
  EXPECT_EQ(field_name("Access-Control-Allow-Origin"), FieldName::kAccessControl);
}

TEST(FieldName, NearMissesAreOther) {
  for (const char* name : {"", "Hos", "Hosts", "X-Forwarded", "Content_Length", "Content-Lengths",
                           "Access-Control", "XForwarded-For", "Author_ization"})
    EXPECT_EQ(field_name(name), FieldName::kOther) << name;
}

TEST(Fields, AreFoundByIdAndByNameFirstOneFirst) {
  const Fields fields{{"X-A", "1", FieldName::kOther},
                      {"Link", "first", FieldName::kLink},
                      {"link", "second", FieldName::kLink}};
  EXPECT_EQ(find(fields, FieldName::kLink)->value, "first");
  EXPECT_EQ(find(fields, "x-a")->value, "1");
  EXPECT_EQ(find(fields, FieldName::kHost), nullptr);
  EXPECT_EQ(find(fields, "host"), nullptr);
  EXPECT_EQ(count(fields, FieldName::kLink), 2U);
  EXPECT_EQ(count(fields, FieldName::kHost), 0U);
}

TEST(Characters, TokensAreTheFifteenSignsLettersAndDigits) {
  EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
  EXPECT_FALSE(is_token(""));
  for (const char c : std::string_view("\"(),/:;<=>?@[\\]{} \t\r\n\x7f\x80\xff\0", 25))
    EXPECT_FALSE(is_token(std::string(1, c))) << static_cast<int>(c);
}

TEST(Characters, FieldValuesHoldNoControlByteAtAnyPosition) {
  // Every byte at every position around the eight that are looked at together.
  for (int byte = 0; byte < 256; ++byte) {
    const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    for (size_t position = 0; position < 20; ++position) {
      std::string value(20, 'v');
      value[position] = static_cast<char>(byte);
      ASSERT_EQ(is_field_value(value), allowed) << byte << " at " << position;
      ASSERT_EQ(chars::span_of_value(value), allowed ? 20 : position);
    }
  }
  EXPECT_TRUE(is_field_value(""));
}

TEST(Lists, GiveTheirElementsWithoutSpaceAndEmptyOnes) {
  std::string seen;
  for_each_element(" a ,\tb,, c d ,", [&seen](std::string_view element) {
    seen.append("[").append(element).append("]");
  });
  EXPECT_EQ(seen, "[a][b][c d]");
  for_each_element(" , ,", [](std::string_view) { FAIL(); });
}

}  // namespace
}  // namespace postern::http
