#include "relay/caller_name.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

http::Caller caller(std::string_view listener, std::string_view address) {
  http::Caller made;
  made.listener = listener;
  made.address = address;
  return made;
}

TEST(CallerNameTest, IsListenerAndAddressWithoutThePort) {
  EXPECT_EQ(name_of(caller("127.0.0.1:7979", "10.0.0.1:5000")).text(), "127.0.0.1:7979 10.0.0.1");
  EXPECT_EQ(name_of(caller("[::1]:7979", "[::1]:5000")).text(), "[::1]:7979 [::1]");
}

TEST(CallerNameTest, IsTheUserOnAUnixSocket) {
  http::Caller user = caller("unix:/run/postern.sock", "unix");
  user.uid = 1000;
  EXPECT_EQ(name_of(user).text(), "unix:/run/postern.sock uid 1000");
}

TEST(CallerNameTest, IsTheNameOfACertificateWhateverTheAddress) {
  http::Caller named = caller("0.0.0.0:7979", "10.0.0.1:5000");
  named.name = "spiffe://shop.example/ns/web";
  EXPECT_EQ(name_of(named).text(), "0.0.0.0:7979/spiffe://shop.example/ns/web");
  named.address = "10.0.0.2:5001";
  EXPECT_EQ(name_of(named).text(), "0.0.0.0:7979/spiffe://shop.example/ns/web");
}

TEST(CallerNameTest, BehindAProxyItIsTheAddressThatTheProxyNames) {
  http::Caller behind = caller("0.0.0.0:7979", "203.0.113.9");
  behind.is_behind_proxy = true;
  EXPECT_EQ(name_of(behind).text(), "0.0.0.0:7979 203.0.113.9");
  behind.address = "[2001:db8::1]";
  EXPECT_EQ(name_of(behind).text(), "0.0.0.0:7979 [2001:db8::1]");
  behind.name = "ingress";
  EXPECT_EQ(name_of(behind).text(), "0.0.0.0:7979/ingress [2001:db8::1]");
}

}  // namespace
}  // namespace postern::relay
