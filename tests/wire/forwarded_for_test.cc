#include "wire/forwarded_for.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace postern::wire {
namespace {

http::Fields fields_of(std::initializer_list<std::string_view> lines,
                       std::string_view name = "X-Forwarded-For") {
  http::Fields fields{{"Host", "postern", http::FieldName::kHost}};
  for (const std::string_view line : lines) fields.push_back({name, line, http::field_name(name)});
  return fields;
}

// Whom proxies in 10.0.0.0/8 and fd00::/8 call for.
std::string caller(const http::Fields& fields) {
  const std::vector<IpNetwork> trusted{*IpNetwork::parse("10.0.0.0/8"),
                                       *IpNetwork::parse("fd00::/8")};
  const auto address = forwarded_caller(fields, trusted);
  return address ? address->text() : "the peer";
}

TEST(ForwardedFor, TheRightmostThatIsNoTrustedProxyIsTheCaller) {
  EXPECT_EQ(caller(fields_of({"203.0.113.9"})), "203.0.113.9");
  EXPECT_EQ(caller(fields_of({"198.51.100.1, 203.0.113.9"})), "203.0.113.9");
  EXPECT_EQ(caller(fields_of({"198.51.100.1,203.0.113.9,10.0.0.7"})), "203.0.113.9");
  EXPECT_EQ(caller(fields_of({"203.0.113.9:4711, [fd00::7]:80"})), "203.0.113.9");
  EXPECT_EQ(caller(fields_of({"2001:db8::1"})), "[2001:db8::1]");
}

TEST(ForwardedFor, SeveralLinesAreOneList) {
  EXPECT_EQ(caller(fields_of({"198.51.100.1", "203.0.113.9", "10.0.0.7"})), "203.0.113.9");
}

TEST(ForwardedFor, WhereAllAreTrustedTheFurthestIs) {
  EXPECT_EQ(caller(fields_of({"10.0.0.3, 10.0.0.2"})), "10.0.0.3");
}

TEST(ForwardedFor, WhatIsNoAddressEndsTheSearchAtThePeer) {
  for (const std::string_view line :
       {"unknown", "203.0.113.9, nonsense", "203.0.113.9, , 10.0.0.7", "203.0.113.9,",
        "203.0.113.9; 10.0.0.7", "203.0.113.9, 10.0.0.7 10.0.0.8"})
    EXPECT_EQ(caller(fields_of({line})), "the peer") << line;
}

TEST(ForwardedFor, WhatACallerHasWrittenInFrontIsNotRead) {
  EXPECT_EQ(caller(fields_of({"nonsense, 10.9.9.9, 203.0.113.9"})), "203.0.113.9");
}

TEST(ForwardedFor, AChainWithoutEndIsNotFollowed) {
  std::string chain = "203.0.113.9";
  for (int i = 0; i < 31; ++i) chain += ", 10.0.0.7";
  EXPECT_EQ(caller(fields_of({chain})), "203.0.113.9");
  EXPECT_EQ(caller(fields_of({chain, "10.0.0.8"})), "the peer");
  for (int i = 0; i < 10'000; ++i) chain += ",10.0.0.7";
  EXPECT_EQ(caller(fields_of({chain})), "the peer");
}

TEST(ForwardedFor, WithoutTheFieldItIsThePeer) {
  EXPECT_EQ(caller(fields_of({})), "the peer");
  EXPECT_EQ(caller(fields_of({""})), "the peer");
  EXPECT_EQ(caller(fields_of({"203.0.113.9"}, "X-Real-Ip")), "the peer");
  EXPECT_EQ(caller(fields_of({"203.0.113.9"}, "X-Forwarded-Host")), "the peer");
  EXPECT_EQ(caller(fields_of({"203.0.113.9"}, "x-forwarded-for")), "203.0.113.9");
}

TEST(ForwardedProto, OnlyHttpsIsTls) {
  EXPECT_TRUE(is_forwarded_over_tls(fields_of({"https"}, "X-Forwarded-Proto")));
  EXPECT_TRUE(is_forwarded_over_tls(fields_of({"HTTPS"}, "x-forwarded-proto")));
  EXPECT_FALSE(is_forwarded_over_tls(fields_of({"http"}, "X-Forwarded-Proto")));
  EXPECT_FALSE(is_forwarded_over_tls(fields_of({"https"})));
  EXPECT_FALSE(is_forwarded_over_tls({}));
}

TEST(ForwardedProto, TheNearestProxyIsBelieved) {
  const auto over_tls = [](std::initializer_list<std::string_view> lines) {
    return is_forwarded_over_tls(fields_of(lines, "X-Forwarded-Proto"));
  };
  EXPECT_TRUE(over_tls({"https,https"}));
  EXPECT_TRUE(over_tls({"http, https"}));
  EXPECT_TRUE(over_tls({"http", "https"}));
  EXPECT_FALSE(over_tls({"https, http"}));
  EXPECT_FALSE(over_tls({"https", "http"}));
  EXPECT_FALSE(over_tls({"https,"}));
}

}  // namespace
}  // namespace postern::wire
