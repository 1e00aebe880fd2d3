// A mutex that clang's thread-safety analysis understands, its guard and its condition.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define POSTERN_ANNOTATE(x) __attribute__((x))
#else
#define POSTERN_ANNOTATE(x)
#endif
#define GUARDED_BY(mutex) POSTERN_ANNOTATE(guarded_by(mutex))
#define REQUIRES_LOCK(...) POSTERN_ANNOTATE(requires_capability(__VA_ARGS__))

namespace postern {

class POSTERN_ANNOTATE(capability("mutex")) Mutex final {
 public:
  void lock() POSTERN_ANNOTATE(acquire_capability()) { native_.lock(); }
  void unlock() POSTERN_ANNOTATE(release_capability()) { native_.unlock(); }

 private:
  friend class Condition;
  std::mutex native_;
};

class POSTERN_ANNOTATE(scoped_lockable) MutexLock final {
 public:
  explicit MutexLock(Mutex& mutex) POSTERN_ANNOTATE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() POSTERN_ANNOTATE(release_capability()) { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

// Waits may end without a notice: call them in a loop that asks for what is awaited.
class Condition final {
 public:
  void wait(Mutex& mutex) REQUIRES_LOCK(mutex) {
    std::unique_lock<std::mutex> held(mutex.native_, std::adopt_lock);
    condition_.wait(held);
    held.release();
  }
  void wait_for(Mutex& mutex, std::chrono::nanoseconds time) REQUIRES_LOCK(mutex) {
    std::unique_lock<std::mutex> held(mutex.native_, std::adopt_lock);
    condition_.wait_for(held, time);
    held.release();
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace postern
