// Buffer: a queue of bytes in one piece of memory, and the pool its memory comes from.
#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace postern {

// Recycles blocks of one size, so that a busy loop allocates nothing and an idle connection holds
// nothing. Must outlive its buffers. One thread.
class BlockPool final {
 public:
  static constexpr size_t kBlockSize = 16 * 1024;

  explicit BlockPool(size_t max_spare = 64) : max_spare_(max_spare) {}
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  std::unique_ptr<char[]> take();
  void give(std::unique_ptr<char[]> block);

 private:
  size_t max_spare_;
  std::vector<std::unique_ptr<char[]>> spare_;
};

// Bytes are appended behind and consumed in front:
//
//     0 ........ begin_ ........ end_ ........ capacity_
//       consumed         data()       free
//
// The first block comes from the pool; larger contents move to memory of their own. An empty
// buffer holds no memory after release(). Views into data() die at the next append or prepare.
class Buffer final {
 public:
  explicit Buffer(BlockPool& pool) : pool_(&pool) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { clear_and_release(); }

  std::string_view data() const { return {bytes_.get() + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  void append(std::string_view bytes);
  void append(char byte) { append(std::string_view(&byte, 1)); }

  // Room for at least `size` bytes behind the contents; commit() says how many were filled.
  std::span<char> prepare(size_t size);
  void commit(size_t size) {
    assert(end_ + size <= capacity_);
    end_ += size;
  }

  // Drops `size` bytes in front. REQUIRES: size <= size().
  void consume(size_t size) {
    assert(size <= this->size());
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Gives the memory back if the buffer is empty.
  void release() {
    if (empty()) clear_and_release();
  }
  void clear_and_release();

 private:
  void make_room(size_t size);

  BlockPool* pool_;
  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace postern
