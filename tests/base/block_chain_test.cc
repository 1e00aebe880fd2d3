#include "base/block_chain.h"

#include <gtest/gtest.h>

#include <string>

namespace postern {
namespace {

std::string text_of(size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 23);
  return text;
}

std::string read(const BlockChain& chain, size_t offset) {
  std::string read;
  for (auto piece = chain.piece(offset); !piece.empty(); piece = chain.piece(offset)) {
    read += piece;
    offset += piece.size();
  }
  return read;
}

TEST(BlockChain, EmptyHoldsNothing) {
  BlockPool pool;
  BlockChain chain(pool);
  EXPECT_EQ(chain.size(), 0u);
  EXPECT_EQ(chain.memory(), 0u);
  EXPECT_TRUE(chain.piece(0).empty());
}

TEST(BlockChain, GivesBackWhatWasAppendedFromAnyPlace) {
  BlockPool pool;
  BlockChain chain(pool);
  const std::string text = text_of(2 * BlockPool::kBlockSize + 5);
  for (size_t at = 0; at < text.size(); at += 777) chain.append(text.substr(at, 777));
  EXPECT_EQ(chain.size(), text.size());
  EXPECT_EQ(chain.memory(), 3 * BlockPool::kBlockSize);
  for (size_t offset : {size_t{0}, size_t{1}, BlockPool::kBlockSize - 1, BlockPool::kBlockSize,
                        BlockPool::kBlockSize + 1, text.size() - 1, text.size()}) {
    EXPECT_EQ(read(chain, offset), text.substr(offset)) << offset;
  }
}

TEST(BlockChain, AFullBlockIsFollowedByANewOne) {
  BlockPool pool;
  BlockChain chain(pool);
  chain.append(text_of(BlockPool::kBlockSize));
  EXPECT_EQ(chain.memory(), BlockPool::kBlockSize);
  EXPECT_TRUE(chain.piece(BlockPool::kBlockSize).empty());
  chain.append("more");
  EXPECT_EQ(chain.piece(BlockPool::kBlockSize), "more");
}

TEST(BlockChain, WhatLiesThereIsNotMovedByMore) {
  BlockPool pool;
  BlockChain chain(pool);
  chain.append("first");
  const char* first = chain.piece(0).data();
  chain.append(text_of(5 * BlockPool::kBlockSize));
  EXPECT_EQ(chain.piece(0).data(), first);
}

TEST(BlockChain, BlocksGoBackToThePool) {
  BlockPool pool(2);
  const char* block = nullptr;
  {
    BlockChain chain(pool);
    chain.append("text");
    block = chain.piece(0).data();
    chain.clear();
    EXPECT_EQ(chain.size(), 0u);
    EXPECT_EQ(chain.memory(), 0u);
    chain.append("again");
    EXPECT_EQ(chain.piece(0).data(), block);
  }
  EXPECT_EQ(pool.take().get(), block);
}

}  // namespace
}  // namespace postern
