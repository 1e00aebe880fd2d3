#include "base/buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace postern {
namespace {

constexpr size_t kBlock = BlockPool::kBlockSize;

// `size` bytes that differ from their neighbours.
std::string pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

TEST(BlockPool, HandsOutReturnedBlocksAgain) {
  BlockPool pool;
  std::unique_ptr<char[]> block = pool.take();
  const char* address = block.get();
  pool.give(std::move(block));
  EXPECT_EQ(pool.take().get(), address);
}

TEST(BlockPool, KeepsNoMoreThanItsSpareBlocks) {
  BlockPool pool(1);
  std::unique_ptr<char[]> first = pool.take();
  std::unique_ptr<char[]> second = pool.take();
  const char* kept = first.get();
  pool.give(std::move(first));
  pool.give(std::move(second));  // freed: the leak check tells if it is not
  std::unique_ptr<char[]> again = pool.take();
  EXPECT_EQ(again.get(), kept);
  EXPECT_NE(pool.take().get(), kept);
}

TEST(BlockPool, IgnoresNothing) {
  BlockPool pool;
  pool.give(nullptr);
  EXPECT_NE(pool.take(), nullptr);
}

class BufferTest : public testing::Test {
 protected:
  BlockPool pool_;
  Buffer buffer_{pool_};
};

TEST_F(BufferTest, StartsEmpty) {
  EXPECT_TRUE(buffer_.empty());
  EXPECT_EQ(buffer_.size(), 0U);
  EXPECT_EQ(buffer_.data(), "");
}

TEST_F(BufferTest, IsAQueueOfBytes) {
  buffer_.append("hello, ");
  buffer_.append("world");
  buffer_.append('!');
  EXPECT_EQ(buffer_.data(), "hello, world!");
  buffer_.consume(7);
  EXPECT_EQ(buffer_.data(), "world!");
  buffer_.consume(6);
  EXPECT_TRUE(buffer_.empty());
}

TEST_F(BufferTest, AnEmptyAppendTakesNoMemory) {
  std::unique_ptr<char[]> block = pool_.take();
  const char* address = block.get();
  pool_.give(std::move(block));
  buffer_.append("");
  EXPECT_EQ(pool_.take().get(), address);
}

TEST_F(BufferTest, CommitsOnlyWhatWasFilled) {
  const std::span<char> room = buffer_.prepare(100);
  ASSERT_GE(room.size(), 100U);
  std::memcpy(room.data(), "abcdef", 6);
  buffer_.commit(3);
  EXPECT_EQ(buffer_.data(), "abc");
  buffer_.append("x");
  EXPECT_EQ(buffer_.data(), "abcx");
}

TEST_F(BufferTest, KeepsItsBytesWhenItGrows) {
  for (const size_t size : {kBlock - 1, kBlock, kBlock + 1, 5 * kBlock}) {
    Buffer buffer(pool_);
    buffer.append("0123456789");
    buffer.consume(3);
    const std::string text = pattern(size);
    buffer.append(text);
    EXPECT_EQ(buffer.data(), "3456789" + text);
  }
}

TEST_F(BufferTest, UsesConsumedRoomAgainInsteadOfGrowing) {
  const std::string half = pattern(kBlock / 2);
  buffer_.append(half);
  const char* address = buffer_.data().data();
  buffer_.append(half);
  for (int round = 0; round < 100; ++round) {
    buffer_.consume(half.size());
    buffer_.append(half);
    ASSERT_EQ(buffer_.data().data(), address);
    ASSERT_EQ(buffer_.data(), half + half);
  }
}

TEST_F(BufferTest, PassesAStreamThroughInOddPieces) {
  const std::string text = pattern(300'000);
  std::string out;
  size_t in = 0;
  for (size_t step = 1; in < text.size(); ++step) {
    const size_t size = std::min(step * 37 % 5000 + 1, text.size() - in);
    buffer_.append(std::string_view(text).substr(in, size));
    in += size;
    const size_t taken = std::min(buffer_.size(), step * 31 % 4500);
    out.append(buffer_.data().substr(0, taken));
    buffer_.consume(taken);
  }
  out.append(buffer_.data());
  EXPECT_EQ(out, text);
}

TEST_F(BufferTest, ReleaseGivesTheBlockBackOnlyWhenEmpty) {
  buffer_.append("x");
  const char* address = buffer_.data().data();
  buffer_.release();
  EXPECT_EQ(buffer_.data(), "x");
  buffer_.consume(1);
  buffer_.release();
  EXPECT_EQ(pool_.take().get(), address);
  buffer_.append("again");
  EXPECT_EQ(buffer_.data(), "again");
}

TEST_F(BufferTest, ClearAndReleaseDropsTheContents) {
  buffer_.append("x");
  const char* address = buffer_.data().data();
  buffer_.clear_and_release();
  EXPECT_TRUE(buffer_.empty());
  EXPECT_EQ(pool_.take().get(), address);
}

TEST_F(BufferTest, GivesItsBlockBackWhenItOutgrowsItOrGoes) {
  const char* address = nullptr;
  {
    Buffer grown(pool_);
    grown.append("x");
    address = grown.data().data();
    grown.append(pattern(kBlock));
    Buffer other(pool_);
    other.append("y");
    EXPECT_EQ(other.data().data(), address);
  }
  EXPECT_EQ(pool_.take().get(), address);
}

}  // namespace
}  // namespace postern
