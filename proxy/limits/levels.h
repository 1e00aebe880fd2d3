// How long are many lines, together, up to a length? sum(n) adds min(length, n) over all lines in
// O(log n): level i counts the lines that are at least i long (a Fenwick tree over the levels).
#pragma once

#include <cstddef>
#include <vector>

namespace postern::limits {

class Levels final {
 public:
  void grown(size_t length);   // a line has become this long
  void shrunk(size_t length);  // a line was this long and is one shorter now
  size_t sum(size_t length) const;
  void clear();

 private:
  void add(size_t level, long change);
  void widen(size_t level);

  std::vector<long> counts_;  // [level]
  std::vector<long> tree_;    // [level], sums as Fenwick keeps them
};

}  // namespace postern::limits
