// Loop: one thread's turn of events, and what is put off until the current event is dealt with.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"

struct event_base;

namespace postern::event {

class Loop;

// Something to do once the current event has been dealt with, such as writing out what several
// callbacks have gathered. Scheduling it twice runs it once; destroying it takes it back.
class Task {
 public:
  explicit Task(Loop& loop) : loop_(&loop) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() { cancel(); }

  void schedule();
  void cancel();

 protected:
  virtual void run() noexcept = 0;

 private:
  friend class Loop;
  Loop* loop_;
  bool scheduled_ = false;
};

// Something that may be dropped inside one of its own callbacks: hand it to Loop::dispose.
class Disposable {
 public:
  virtual ~Disposable() = default;
};

// Owns the libevent base. Everything that takes a Loop& must go before it. One thread.
class Loop final {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // Runs until stop() or until nothing is left to wait for.
  void run();
  void stop();

  Instant now() const { return BootClock::now(); }

  // Destroys `object` after the current event.
  void dispose(std::unique_ptr<Disposable> object);

  // Runs scheduled tasks and disposals. Called after every event; call it yourself after work done
  // outside of one.
  void settle() noexcept;

  event_base* base() { return base_; }

 private:
  friend class Task;
  event_base* base_;
  std::vector<Task*> tasks_;  // a cancelled task leaves a null behind
  std::vector<std::unique_ptr<Disposable>> rubbish_;
  bool settling_ = false;
};

}  // namespace postern::event
