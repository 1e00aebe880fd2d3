#include "event/lane.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "base/thread.h"

namespace postern::event {

Lane::Lane(Loop& loop) : wakeup_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  watch_.emplace(loop, wakeup_fd_, static_cast<FdEvents&>(*this));
  thread_ = start_without_signals([this] { run(); });
}

Lane::~Lane() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  watch_.reset();
  close(wakeup_fd_);
}

Job Lane::post(std::function<void()> work, std::function<void()> done) {
  auto wanted = std::make_shared<bool>(true);
  {
    MutexLock lock(mutex_);
    todo_.push_back({std::move(work), std::move(done), wanted});
  }
  changed_.notify_one();
  return Job(std::move(wanted));
}

void Lane::run() {
  while (std::optional<Item> item = take()) {
    item->work();
    hand_back(std::move(*item));
  }
}

// Waits for the next job; none: the lane ends.
std::optional<Lane::Item> Lane::take() {
  MutexLock lock(mutex_);
  while (!stopping_ && todo_.empty()) changed_.wait(mutex_);
  if (stopping_) return {};
  Item item = std::move(todo_.front());
  todo_.pop_front();
  return item;
}

void Lane::hand_back(Item item) {
  MutexLock lock(mutex_);
  finished_.push_back(std::move(item));
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(wakeup_fd_, &one, sizeof one);
}

void Lane::on_ready(Readiness ready) noexcept {
  if (!ready.readable) return;
  uint64_t count = 0;
  [[maybe_unused]] ssize_t got = read(wakeup_fd_, &count, sizeof count);
  std::vector<Item> finished;
  {
    MutexLock lock(mutex_);
    finished.swap(finished_);
  }
  for (Item& item : finished) {
    if (!*item.wanted) continue;
    *item.wanted = false;
    item.done();
  }
}

}  // namespace postern::event
