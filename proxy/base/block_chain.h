// BlockChain: bytes that are gathered once and may be read several times, in blocks of a pool.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/buffer.h"

namespace postern {

// Grows without moving what it holds: a text of a megabyte that doubles its memory copies it twice,
// and each new large piece costs a page fault for every 4 KiB. Holds whole blocks, none while
// empty. The pool must outlive it. One thread.
class BlockChain final {
 public:
  explicit BlockChain(BlockPool& pool) : pool_(&pool) {}
  BlockChain(const BlockChain&) = delete;
  BlockChain& operator=(const BlockChain&) = delete;
  ~BlockChain() { clear(); }

  size_t size() const { return size_; }
  size_t memory() const { return memory_for(size_); }  // of its blocks, in bytes
  static constexpr size_t memory_for(size_t size) {
    return (size + BlockPool::kBlockSize - 1) / BlockPool::kBlockSize * BlockPool::kBlockSize;
  }

  void append(std::string_view bytes);
  // What lies from `offset` on in one piece; empty at the end. Valid until clear().
  // REQUIRES: offset <= size().
  std::string_view piece(size_t offset) const {
    if (offset == size_) return {};
    const size_t within = offset % BlockPool::kBlockSize;
    const size_t size = std::min(size_ - offset, BlockPool::kBlockSize - within);
    return {blocks_[offset / BlockPool::kBlockSize].get() + within, size};
  }
  void clear();

 private:
  BlockPool* pool_;
  std::vector<std::unique_ptr<char[]>> blocks_;  // all full but the last
  size_t size_ = 0;
};

}  // namespace postern
