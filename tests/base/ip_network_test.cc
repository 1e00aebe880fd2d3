#include "base/ip_network.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

std::string read(std::string_view text) {
  const auto address = parse_ip_and_port(text);
  return address ? address->text() : "none";
}

bool is_inside(std::string_view network, std::string_view address) {
  return IpNetwork::parse(network)->has(*parse_ip(address));
}

TEST(IpAddress, IsReadWithAndWithoutAPort) {
  EXPECT_EQ(read("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(read("10.0.0.1:8080"), "10.0.0.1");
  EXPECT_EQ(read("fd00::1"), "[fd00::1]");
  EXPECT_EQ(read("[FD00:0::1]"), "[fd00::1]");
  EXPECT_EQ(read("[fd00::1]:443"), "[fd00::1]");
  EXPECT_EQ(read("::ffff:10.0.0.1"), "10.0.0.1");
}

TEST(IpAddress, AnythingElseIsNone) {
  for (const char* text :
       {"",           "unknown",   "localhost",  "10.0.0",         "10.0.0.256",
        "010.0.0.1x", "10.0.0.1:", "10.0.0.1:x", "10.0.0.1:65536", "[10.0.0.1]",
        "[fd00::1",   "fd00::1]",  "[fd00::1]x", "[fd00::1]:",     "fe80::1%eth0",
        " 10.0.0.1",  "10.0.0.1 ", "_hidden",    "\"10.0.0.1\"",   "1::2::3"})
    EXPECT_EQ(read(text), "none") << text;
  EXPECT_EQ(read(std::string_view("10.0.0.1\0", 9)), "none");
}

TEST(IpNetwork, HasWhatBeginsLikeIt) {
  EXPECT_TRUE(is_inside("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(is_inside("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(is_inside("10.1.2.128/25", "10.1.2.129"));
  EXPECT_FALSE(is_inside("10.1.2.128/25", "10.1.2.127"));
  EXPECT_TRUE(is_inside("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(is_inside("10.1.2.3/32", "10.1.2.4"));
  EXPECT_TRUE(is_inside("0.0.0.0/0", "203.0.113.9"));
  EXPECT_TRUE(is_inside("fd00::/8", "fd12::1"));
  EXPECT_FALSE(is_inside("fd00::/8", "fe80::1"));
  EXPECT_FALSE(is_inside("fd00::/8", "10.0.0.1"));
}

TEST(IpNetwork, V4IsTheSameHoweverItIsWritten) {
  EXPECT_TRUE(is_inside("10.0.0.0/8", "::ffff:10.1.1.1"));
  EXPECT_FALSE(is_inside("0.0.0.0/0", "fd00::1"));
  EXPECT_TRUE(is_inside("::/0", "10.1.1.1"));
}

TEST(IpNetwork, WhatIsNoneSaysWhy) {
  for (const char* text :
       {"", "/8", "ten/8", "10.0.0.0/", "10.0.0.0/33", "fd00::/129", "10.0.0.0/x", "10.0.0.1/8",
        "fd00::1/64", "10.0.0.0/8/8", "localhost", "*"})
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  EXPECT_EQ(IpNetwork::parse("10.0.0.1/8").error().what,
            "has bits behind its length: write the network's address");
}

}  // namespace
}  // namespace postern
