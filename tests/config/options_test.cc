#include "config/options.h"

#include <gtest/gtest.h>

namespace postern::config {
namespace {

class ListenersTest : public ::testing::Test {
 protected:
  ListenersTest() {
    listen("127.0.0.1:1", "agent", "acme");
    listen("127.0.0.1:2", "agent", "acme");
    listen("127.0.0.1:3", "any", "acme");
    listen("127.0.0.1:4", "any", "globex");
  }

  void listen(const char* address, const char* name, const char* grant) {
    wire::ListenOptions& listener = options_.listen.emplace_back();
    listener.address = address;
    listener.name = name;
    listener.grant = grant;
  }

  std::string found(std::string_view name) const {
    const auto listener = find_listener(options_, name);
    return listener ? (*listener)->address : listener.error().what;
  }

  Options options_;
};

TEST_F(ListenersTest, AreFoundByAddressAndByName) {
  EXPECT_EQ(found("127.0.0.1:4"), "127.0.0.1:4");
  EXPECT_EQ(found("agent"), "127.0.0.1:1") << "all of that name serve the same";
}

TEST_F(ListenersTest, WhatIsNotThereIsSaidWithWhatIs) {
  EXPECT_EQ(found("nobody"), "there is no listener nobody; there are: agent, agent, any, any");
}

TEST_F(ListenersTest, ANameThatMeansSeveralGrantsMeansNone) {
  EXPECT_EQ(found("any"),
            "listeners called any serve different grants; name one by its address: 127.0.0.1:3, "
            "127.0.0.1:4");
}

}  // namespace
}  // namespace postern::config
