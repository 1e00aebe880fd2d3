#include "config/addresses.h"

#include <gtest/gtest.h>

namespace postern::config {
namespace {

TEST(ListenAddress, IsTakenApart) {
  struct Case {
    const char* text;
    const char* host;
    uint16_t port;
    bool is_loopback;
  };
  for (const Case& c : std::initializer_list<Case>{{"127.0.0.1:7979", "127.0.0.1", 7979, true},
                                                   {"127.8.9.10:0", "127.8.9.10", 0, true},
                                                   {"localhost:80", "localhost", 80, true},
                                                   {"[::1]:65535", "::1", 65535, true},
                                                   {"0.0.0.0:1", "0.0.0.0", 1, false},
                                                   {"192.0.2.1:1", "192.0.2.1", 1, false},
                                                   {"[::]:1", "::", 1, false},
                                                   {"[2001:db8::1]:1", "2001:db8::1", 1, false},
                                                   {"unix:/run/p.sock", "/run/p.sock", 0, true}}) {
    auto address = parse_listen(c.text);
    ASSERT_TRUE(address) << c.text << ": " << address.error().what;
    EXPECT_EQ(address->host, c.host) << c.text;
    EXPECT_EQ(address->port, c.port) << c.text;
    EXPECT_EQ(address->is_loopback, c.is_loopback) << c.text;
    EXPECT_EQ(address->is_unix, std::string(c.text).starts_with("unix:"));
  }
}

TEST(ListenAddress, OthersAreRefused) {
  for (const char* text : {"", "7979", ":7979", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                           "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 80", "127.0.0:80",
                           "127.0.0.256:80", "127.0.0.0001:80", "::1:7979", "[::1]", "[::1:7979",
                           "[x]:1", "example.com:80", "unix:", "http://127.0.0.1:80"}) {
    EXPECT_FALSE(parse_listen(text)) << text;
  }
  EXPECT_TRUE(parse_listen("unix:" + std::string(107, 'a')));
  EXPECT_FALSE(parse_listen("unix:" + std::string(108, 'a')));
}

TEST(Host, IsANameOrNumberWithoutPort) {
  for (const char* text : {"a", "postern", "sentry.io", "10.0.0.1", "a-b.c_d.e1"}) {
    EXPECT_TRUE(is_host(text)) << text;
  }
  for (const char* text :
       {"", ".", "a.", ".a", "a..b", "-a", "a-", "A", "a:80", "*.a", "a b", "http://a", "a/b"}) {
    EXPECT_FALSE(is_host(text)) << text;
  }
}

TEST(OriginFault, AcceptsOriginsOnly) {
  for (const char* url : {"https://sentry.io", "https://127.0.0.1:8443", "https://[::1]:8443"}) {
    EXPECT_FALSE(origin_fault(url, "https")) << url;
  }
  for (const char* url :
       {"", "sentry.io", "http://sentry.io", "https://", "https://sentry.io/", "https://a?b",
        "https://a#b", "https://u:p@a", "https://a:", "https://a:0", "https://a:99999",
        "https://a:b", "https://[::1", "https://[x]", "https://a b"}) {
    EXPECT_TRUE(origin_fault(url, "https")) << url;
  }
  EXPECT_FALSE(origin_fault("http://user:pass@proxy:3128", "http", true));
}

}  // namespace
}  // namespace postern::config
