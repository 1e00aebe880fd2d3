#include "limits/share_board.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

#include "limits/family.h"

namespace postern::limits {
namespace {

class ShareBoardTest : public testing::Test {
 protected:
  ShareBoardTest() {
    frame.totals = &totals;
    frame.next_id = &ids;
    frame.board = &board;
  }

  ShareBoard board{"replica-a"};
  Host host;
  QueueTotals totals;
  uint64_t ids = 0;
  Family::Frame frame;
};

TEST_F(ShareBoardTest, TheEarliestComesFirstAndOnlyWhenItIsDue) {
  Family a(FamilyKey{}, host, frame);
  Family b(FamilyKey{}, host, frame);
  FleetShare& first = *a.slots().front()->share;
  FleetShare& second = *b.slots().front()->share;
  board.book(second, std::nullopt, 11.0);
  board.book(first, std::nullopt, 10.0);
  EXPECT_EQ(board.earliest(), 10.0);
  EXPECT_EQ(board.due(9.9), nullptr);
  EXPECT_EQ(board.due(10.5), &first);
  board.book(first, 10.0, 12.0);
  EXPECT_EQ(board.due(10.5), nullptr);
  EXPECT_EQ(board.due(11.0), &second);
  board.book(second, 11.0, std::nullopt);
  board.book(first, 12.0, std::nullopt);
  EXPECT_FALSE(board.earliest());
}

TEST_F(ShareBoardTest, AnAnswerFindsWhoAskedOnce) {
  Family family(FamilyKey{}, host, frame);
  FleetShare& share = *family.slots().front()->share;
  const uint64_t first = board.open(share);
  const uint64_t second = board.open(share);
  EXPECT_NE(first, second);
  EXPECT_EQ(board.close(first), &share);
  EXPECT_EQ(board.close(first), nullptr);
  board.forget(share);
  EXPECT_EQ(board.close(second), nullptr);
}

}  // namespace
}  // namespace postern::limits
