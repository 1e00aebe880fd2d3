#include "wire/egress.h"

#include <gtest/gtest.h>

namespace postern::wire {
namespace {

struct Case {
  const char* host;
  const char* no_proxy;
  bool is_exempt;
};

void expect(std::initializer_list<Case> cases) {
  for (const Case& c : cases)
    EXPECT_EQ(is_exempt(c.host, c.no_proxy), c.is_exempt) << c.host << " by " << c.no_proxy;
}

TEST(NoProxy, NamesHostsAndWhatIsBelowThem) {
  expect({{"sentry.io", "", false},
          {"sentry.io", "*", true},
          {"sentry.io", "example.com, SENTRY.IO", true},
          {"Sentry.io", "sentry.io:443", true},
          {"us.sentry.io", "sentry.io", true},
          {"us.sentry.io", ".sentry.io", true},
          {"sentry.io", "us.sentry.io", false},
          {"notsentry.io", "sentry.io", false},
          {"sentry.io", ".", false},
          {"sentry.io", ",,", false}});
}

TEST(NoProxy, NamesNumericAddressesHoweverTheyAreWritten) {
  expect({{"127.0.0.1", "127.0.0.1", true},
          {"127.0.0.1", "127.0.0.1:443", true},
          {"127.0.0.1", "0.0.1", false},
          {"127.0.0.1", "0.1", false},
          {"::1", "::1", true},
          {"::1", "[::1]", true},
          {"::1", "[::1]:8443", true},
          {"::1", "0:0:0:0:0:0:0:1", true},
          {"2001:DB8::1", "2001:db8:0::1", true},
          {"2001:db8::2", "2001:db8::1", false},
          {"::1", "", false}});
}

TEST(NoProxy, NamesNetworks) {
  expect({{"10.1.2.3", "10.0.0.0/8", true},
          {"11.1.2.3", "10.0.0.0/8", false},
          {"192.0.2.130", "192.0.2.128/25", true},
          {"192.0.2.127", "192.0.2.128/25", false},
          {"192.0.2.1", "192.0.2.1/32", true},
          {"192.0.2.1", "0.0.0.0/0", true},
          {"2001:db8:1::5", "2001:db8::/32", true},
          {"2001:db9::5", "2001:db8::/32", false},
          {"fd12::5", "[fd00::]/8", true},
          {"fe12::5", "[fd00::]/8", false},
          {"fd12::5", "[fd00::", false},
          {"2001:db8::5", "2001:db8::4/127", true},
          {"2001:db8::6", "2001:db8::4/127", false},
          {"::1", "0.0.0.0/0", false},
          {"10.1.2.3", "::/0", false}});
}

TEST(NoProxy, WhatIsNoNetworkNamesNothing) {
  expect({{"10.1.2.3", "10.0.0.0/", false},
          {"10.1.2.3", "10.0.0.0/33", false},
          {"10.1.2.3", "10.0.0.0/-8", false},
          {"10.1.2.3", "10.0.0.0/99999999999999999999", false},
          {"10.1.2.3", "/8", false},
          {"2001:db8::1", "2001:db8::/129", false},
          {"sentry.io", "10.0.0.0/8", false},
          {"ten.example", "0.0.0.0/0", false}});
}

TEST(EgressProxy, ALoginBecomesACredentialOfConnectAlone) {
  auto proxy = egress_proxy_for("sentry.io", "http://us%20er:p%40ss@proxy.example:3128");
  ASSERT_TRUE(proxy && *proxy);
  EXPECT_EQ((*proxy)->where.host, "proxy.example");
  EXPECT_EQ((*proxy)->where.port, 3128);
  EXPECT_EQ(connect_request(**proxy, {"sentry.io", 443}).reveal(),
            "CONNECT sentry.io:443 HTTP/1.1\r\nHost: sentry.io:443\r\n"
            "Proxy-Authorization: Basic dXMgZXI6cEBzcw==\r\n\r\n");
}

TEST(EgressProxy, WithoutALoginThereIsNoCredential) {
  auto proxy = egress_proxy_for("sentry.io", "proxy.example:3128");
  ASSERT_TRUE(proxy && *proxy);
  EXPECT_TRUE((*proxy)->authorization.empty());
  EXPECT_EQ(connect_request(**proxy, {"::1", 8443}).reveal(),
            "CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n");
}

TEST(EgressProxy, NoneMeansNone) {
  auto proxy = egress_proxy_for("sentry.io", "none");
  ASSERT_TRUE(proxy);
  EXPECT_FALSE(*proxy);
  EXPECT_FALSE(egress_proxy_for("sentry.io", "https://proxy.example"));
}

}  // namespace
}  // namespace postern::wire
