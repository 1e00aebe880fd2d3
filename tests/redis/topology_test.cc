#include "redis/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::redis {
namespace {

using testing::HasSubstr;
using Kind = Topology::Kind;

Options with_url(std::string url) {
  Options options;
  options.url = std::move(url);
  return options;
}

Options with_addresses(std::vector<std::string> addresses) {
  Options options;
  options.addresses = std::move(addresses);
  return options;
}

Topology found(const Options& options) {
  auto topology = topology_of(options);
  EXPECT_TRUE(topology) << topology.error().text();
  return topology ? *topology : Topology{};
}

std::string refused(const Options& options) {
  auto topology = topology_of(options);
  EXPECT_FALSE(topology);
  return topology ? "" : topology.error().text();
}

TEST(RedisTopology, IsOneServer) {
  Options options = with_url("rediss://postern@h/2");
  options.password = Secret("x");
  const Topology topology = found(options);
  EXPECT_EQ(topology.kind, Kind::kServer);
  EXPECT_EQ(topology.addresses.size(), 1U);
  EXPECT_TRUE(topology.tls);
  EXPECT_EQ(topology.user, "postern");
  EXPECT_EQ(topology.database, 2U);
}

TEST(RedisTopology, IsAMasterThatSentinelNames) {
  Options options = with_addresses({"s1:26379", "s2:26379"});
  options.master = "mymaster";
  EXPECT_EQ(found(options).kind, Kind::kSentinel);
  EXPECT_EQ(found(options).addresses.size(), 2U);
}

TEST(RedisTopology, LooksForSentinelsAtTheirOwnPort) {
  Options options = with_addresses({"s1", "redis://s2", "[::1]:6379"});
  options.master = "mymaster";
  const Topology topology = found(options);
  ASSERT_EQ(topology.addresses.size(), 3U);
  EXPECT_EQ(topology.addresses[0].text(), "redis://s1:26379");
  EXPECT_EQ(topology.addresses[1].text(), "redis://s2:26379");
  EXPECT_EQ(topology.addresses[2].text(), "redis://[::1]:6379");
  EXPECT_EQ(found(with_url("s1")).addresses[0].port, 6379);
}

TEST(RedisTopology, IsACluster) {
  Options options = with_url("redis://n1");
  options.cluster = true;
  EXPECT_EQ(found(options).kind, Kind::kCluster);
}

TEST(RedisTopology, WantsToKnowWhereRedisIs) {
  EXPECT_THAT(refused({}), HasSubstr("store.redis.url: is missing"));
  Options both = with_url("h");
  both.addresses = {"i"};
  EXPECT_THAT(refused(both), HasSubstr("excludes "));
  EXPECT_THAT(refused(with_url("http://h")), HasSubstr("url: must begin with redis://"));
  EXPECT_THAT(refused(with_addresses({"a", "b"})), HasSubstr("Sentinel"));
}

TEST(RedisTopology, RefusesAddressesThatDisagree) {
  for (const char* other : {"rediss://b", "redis://b/1", "redis://u@b", "unix:///b"}) {
    Options options = with_addresses({"redis://a", other});
    options.master = "m";
    EXPECT_NE(refused(options), "") << other;
  }
}

TEST(RedisTopology, RefusesWhatAClusterCannotDo) {
  Options options = with_url("redis://h/1");
  options.cluster = true;
  EXPECT_THAT(refused(options), HasSubstr("database 0"));
  options.url = "h";
  options.master = "m";
  EXPECT_THAT(refused(options), HasSubstr("excludes "));
}

TEST(RedisTopology, RefusesHalfOfWhatBelongsTogether) {
  Options options = with_url("rediss://h");
  options.certificate_file = "c.pem";
  EXPECT_THAT(refused(options), HasSubstr("redis.certificate_file: needs key_file"));
  options = with_url("redis://h");
  options.ca_file = "ca.pem";
  EXPECT_THAT(refused(options), HasSubstr("rediss://"));
  options = with_url("redis://user@h");
  EXPECT_THAT(refused(options), HasSubstr("password_file"));
  options.password = Secret("x");
  options.user = "other";
  EXPECT_THAT(refused(options), HasSubstr("redis.user: differs"));
  options.user.clear();
  options.password_file = "f";
  EXPECT_THAT(refused(options), HasSubstr("excludes "));
  options = with_url("h");
  options.sentinel_password_file = "f";
  EXPECT_THAT(refused(options), HasSubstr("master"));
}

TEST(RedisTopology, RefusesOtherNonsense) {
  for (const char* prefix : {"", "a b", "a{b}", "\n"}) {
    Options options = with_url("h");
    options.prefix = prefix;
    EXPECT_THAT(refused(options), HasSubstr("redis.prefix: must")) << prefix;
  }
  Options options = with_url("h");
  options.timeout = Duration::zero();
  EXPECT_THAT(refused(options), HasSubstr("redis.timeout: must"));
}

}  // namespace
}  // namespace postern::redis
