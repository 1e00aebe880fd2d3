#include "base/buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace postern {

std::unique_ptr<char[]> BlockPool::take() {
  // Not make_unique: it would fill the block with zeros.
  if (spare_.empty()) return std::unique_ptr<char[]>(new char[kBlockSize]);
  std::unique_ptr<char[]> block = std::move(spare_.back());
  spare_.pop_back();
  return block;
}

void BlockPool::give(std::unique_ptr<char[]> block) {
  if (block && spare_.size() < max_spare_) spare_.push_back(std::move(block));
}

void Buffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  std::span<char> room = prepare(bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

std::span<char> Buffer::prepare(size_t size) {
  if (capacity_ - end_ < size) make_room(size);
  return {bytes_.get() + end_, capacity_ - end_};
}

void Buffer::clear_and_release() {
  if (capacity_ == BlockPool::kBlockSize) pool_->give(std::move(bytes_));
  bytes_.reset();
  capacity_ = begin_ = end_ = 0;
}

// Slides the contents to the front if at least half of the memory is consumed, so that the copying
// stays linear in the bytes that pass; otherwise moves to twice the memory.
void Buffer::make_room(size_t size) {
  const size_t held = this->size();
  const bool slide = held + size <= capacity_ && begin_ >= held;
  if (slide) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, held);
  } else {
    const size_t wanted = std::max(held + size, 2 * capacity_);
    const bool pooled = capacity_ == 0 && wanted <= BlockPool::kBlockSize;
    const size_t capacity = pooled ? BlockPool::kBlockSize : wanted;
    std::unique_ptr<char[]> bytes =
        pooled ? pool_->take() : std::unique_ptr<char[]>(new char[capacity]);
    if (held > 0) std::memcpy(bytes.get(), bytes_.get() + begin_, held);
    if (capacity_ == BlockPool::kBlockSize) pool_->give(std::move(bytes_));
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = held;
}

}  // namespace postern
