#include "event/lane.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace postern::event {

Lane::Lane(Loop& loop) : wakeup_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  watch_.emplace(loop, wakeup_fd_, static_cast<FdEvents&>(*this));
  // Signals belong to the loop's thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Lane::~Lane() {
  {
    std::lock_guard lock(mutex_);
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
    std::lock_guard lock(mutex_);
    todo_.push_back({std::move(work), std::move(done), wanted});
  }
  changed_.notify_one();
  return Job(std::move(wanted));
}

void Lane::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !todo_.empty(); });
    if (stopping_) return;
    Item item = std::move(todo_.front());
    todo_.pop_front();
    lock.unlock();
    item.work();
    lock.lock();
    finished_.push_back(std::move(item));
    uint64_t one = 1;
    [[maybe_unused]] ssize_t written = write(wakeup_fd_, &one, sizeof one);
  }
}

void Lane::on_ready(Readiness ready) noexcept {
  if (!ready.readable) return;
  uint64_t count = 0;
  [[maybe_unused]] ssize_t got = read(wakeup_fd_, &count, sizeof count);
  std::vector<Item> finished;
  {
    std::lock_guard lock(mutex_);
    finished.swap(finished_);
  }
  for (Item& item : finished) {
    if (!*item.wanted) continue;
    *item.wanted = false;
    item.done();
  }
}

}  // namespace postern::event
