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

}  // namespace
}  // namespace postern::relay
