#include "limits/levels.h"

#include <algorithm>

namespace postern::limits {
namespace {

size_t lowest_bit(size_t i) {
  return i & (~i + 1);
}

}  // namespace

void Levels::grown(size_t length) {
  if (length >= tree_.size()) widen(length);
  add(length, 1);
}

void Levels::shrunk(size_t length) {
  add(length, -1);
}

void Levels::clear() {
  counts_ = {};
  tree_ = {};
}

void Levels::add(size_t level, long change) {
  counts_[level] += change;
  for (size_t i = level; i < tree_.size(); i += lowest_bit(i)) tree_[i] += change;
}

void Levels::widen(size_t level) {
  const size_t size = std::max<size_t>(16, 2 * level);
  counts_.resize(size, 0);
  tree_.assign(size, 0);
  for (size_t i = 1; i < size; ++i) {
    tree_[i] += counts_[i];
    const size_t next = i + lowest_bit(i);
    if (next < size) tree_[next] += tree_[i];
  }
}

size_t Levels::sum(size_t length) const {
  if (tree_.empty()) return 0;
  long sum = 0;
  for (size_t i = std::min(length, tree_.size() - 1); i > 0; i -= lowest_bit(i)) sum += tree_[i];
  return static_cast<size_t>(sum);
}

}  // namespace postern::limits
