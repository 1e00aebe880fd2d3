#include "base/block_chain.h"

#include <cstring>
#include <utility>

namespace postern {

void BlockChain::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t within = size_ % BlockPool::kBlockSize;
    if (within == 0) blocks_.push_back(pool_->take());
    const size_t size = std::min(bytes.size(), BlockPool::kBlockSize - within);
    std::memcpy(blocks_.back().get() + within, bytes.data(), size);
    size_ += size;
    bytes.remove_prefix(size);
  }
}

void BlockChain::clear() {
  for (std::unique_ptr<char[]>& block : blocks_) pool_->give(std::move(block));
  blocks_.clear();
  size_ = 0;
}

}  // namespace postern
