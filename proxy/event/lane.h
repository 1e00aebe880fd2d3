// Lane: a helper thread for what blocks, one job after the other.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "event/fd_watch.h"
#include "event/loop.h"

namespace postern::event {

// A job under way. Destroying it means that nobody waits any more: `done` will not be called. The
// work itself runs to its end.
class Job final {
 public:
  Job() = default;
  Job(Job&&) = default;
  Job& operator=(Job&& other) noexcept {
    forget();
    wanted_ = std::move(other.wanted_);
    return *this;
  }
  ~Job() { forget(); }
  explicit operator bool() const { return wanted_ != nullptr && *wanted_; }

 private:
  friend class Lane;
  explicit Job(std::shared_ptr<bool> wanted) : wanted_(std::move(wanted)) {}
  void forget() {
    if (wanted_) *wanted_ = false;
    wanted_.reset();
  }
  std::shared_ptr<bool> wanted_;  // touched on the loop thread only
};

// `work` runs on the lane's thread, then `done` on the loop's. The destructor waits for the work
// under way and drops the rest.
class Lane final : private FdEvents {
 public:
  explicit Lane(Loop& loop);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane() override;

  [[nodiscard]] Job post(std::function<void()> work, std::function<void()> done);

 private:
  struct Item {
    std::function<void()> work;
    std::function<void()> done;
    std::shared_ptr<bool> wanted;
  };
  void on_ready(Readiness ready) noexcept override;
  void run();
  std::optional<Item> take();
  void hand_back(Item item);

  int wakeup_fd_;
  Mutex mutex_;
  Condition changed_;
  std::deque<Item> todo_ GUARDED_BY(mutex_);
  std::vector<Item> finished_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::optional<FdWatch> watch_;
  std::thread thread_;
};

}  // namespace postern::event
