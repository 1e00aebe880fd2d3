// Work that may block, away from the loop; event::Lane stands behind it, a fake in tests.
#pragma once

#include <functional>

namespace postern {

// Jobs run one after the other on a helper thread: `work` there, then `done` on the loop thread.
// `done` is dropped when the process ends before; nothing else cancels it, so it must not outlive
// what it refers to.
class Background {
 public:
  virtual ~Background() = default;
  virtual void post(std::function<void()> work, std::function<void()> done) = 0;
};

}  // namespace postern
