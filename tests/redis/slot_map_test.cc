#include "redis/slot_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::redis {
namespace {

using testing::HasSubstr;

Address asked() {
  Address address;
  address.tls = true;
  address.host = "seed";
  address.port = 7000;
  return address;
}

Reply line(int64_t first, int64_t last, std::string host, int64_t port) {
  Reply master = Reply::array({Reply::of(Reply::Kind::kText, std::move(host)), Reply::of(port),
                               Reply::of(Reply::Kind::kText, "id")});
  return Reply::array({Reply::of(first), Reply::of(last), std::move(master)});
}

SlotMap parsed(std::vector<Reply> lines) {
  auto map = SlotMap::parse(Reply::array(std::move(lines)), asked());
  EXPECT_TRUE(map) << map.error().what;
  return map ? *map : SlotMap();
}

std::string refused(std::vector<Reply> lines) {
  auto map = SlotMap::parse(Reply::array(std::move(lines)), asked());
  EXPECT_FALSE(map);
  return map ? "" : map.error().what;
}

TEST(RedisSlotMap, KnowsTheOwnerOfEachSlot) {
  const SlotMap map =
      parsed({line(0, 99, "a", 1), line(100, 100, "", 2), line(200, 16383, "a", 1)});
  EXPECT_EQ(map.nodes().size(), 2U);
  EXPECT_EQ(map.owner_of(99)->text(), "rediss://a:1");
  EXPECT_EQ(map.owner_of(100)->text(), "rediss://seed:2");
  EXPECT_EQ(map.owner_of(101), nullptr);
  EXPECT_EQ(map.owner_of(16383)->text(), "rediss://a:1");
}

TEST(RedisSlotMap, TakesASlotThatHasMoved) {
  SlotMap map = parsed({line(0, 16383, "a", 1)});
  map.move(7, node_named(asked(), "b", 2));
  EXPECT_EQ(map.owner_of(7)->host, "b");
  EXPECT_EQ(map.owner_of(8)->host, "a");
  EXPECT_TRUE(map.has(node_named(asked(), "b", 2)));
}

TEST(RedisSlotMap, RefusesASlotOfTwoMasters) {
  EXPECT_THAT(refused({line(0, 99, "a", 1), line(99, 200, "b", 1)}),
              HasSubstr("two masters of slot 99"));
  EXPECT_THAT(refused({line(5, 5, "a", 1), line(5, 5, "a", 1)}), HasSubstr("slot 5"));
}

TEST(RedisSlotMap, RefusesMoreMastersThanAnyClusterHas) {
  std::vector<Reply> lines;
  for (int64_t slot = 0; slot <= int64_t{SlotMap::kMaxNodes}; ++slot)
    lines.push_back(line(slot, slot, "a", 1 + slot));
  EXPECT_THAT(refused(lines), HasSubstr("more than 1024 masters"));
  lines.pop_back();
  SlotMap map = parsed(lines);
  map.move(0, node_named(asked(), "another", 1));
  EXPECT_EQ(map.owner_of(0)->host, "a");
}

TEST(RedisSlotMap, RefusesWhatIsNone) {
  EXPECT_THAT(refused({}), HasSubstr("that has slots?"));
  for (const Reply& bad : {Reply::of(1), line(-1, 5, "a", 1), line(5, 4, "a", 1),
                           line(0, 16384, "a", 1), line(0, 5, "a", 0), line(0, 5, "a", 65536)})
    EXPECT_THAT(refused({bad}), HasSubstr("a range of slots that is none"));
}

}  // namespace
}  // namespace postern::redis
