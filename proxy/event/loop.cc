#include "event/loop.h"

#include <event2/event.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace postern::event {

void Task::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  loop_->tasks_.push_back(this);
}

void Task::cancel() {
  if (!scheduled_) return;
  scheduled_ = false;
  std::replace(loop_->tasks_.begin(), loop_->tasks_.end(), this, static_cast<Task*>(nullptr));
}

Loop::Loop() {
  event_config* config = event_config_new();
  // One thread, so no locks; a coarse clock is enough for timeouts and saves a system call.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  base_ = event_base_new_with_config(config);
  event_config_free(config);
  if (base_ == nullptr) {
    std::fputs("postern: cannot create an event loop (epoll refused)\n", stderr);
    std::abort();
  }
}

Loop::~Loop() {
  settle();
  event_base_free(base_);
}

void Loop::run() {
  settle();
  event_base_dispatch(base_);
}

void Loop::stop() {
  event_base_loopbreak(base_);
}

void Loop::dispose(std::unique_ptr<Disposable> object) {
  rubbish_.push_back(std::move(object));
}

void Loop::settle() noexcept {
  if (settling_) return;
  settling_ = true;
  while (!tasks_.empty() || !rubbish_.empty()) {
    // By index: a task may schedule others.
    for (size_t i = 0; i < tasks_.size(); ++i) {
      Task* task = tasks_[i];
      if (task == nullptr) continue;
      task->scheduled_ = false;
      tasks_[i] = nullptr;
      task->run();
    }
    tasks_.clear();
    while (!rubbish_.empty()) {
      std::unique_ptr<Disposable> object = std::move(rubbish_.back());
      rubbish_.pop_back();
      object.reset();
    }
  }
  settling_ = false;
}

}  // namespace postern::event
