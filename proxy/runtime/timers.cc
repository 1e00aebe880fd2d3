#include "runtime/timers.h"

#include <utility>

#include "event/deadline.h"

namespace postern::runtime {
namespace {

class LoopTimer final : public Timer, private event::Task {
 public:
  LoopTimer(event::Loop& loop, std::function<void()> callback)
      : event::Task(loop), deadline_(loop, callback), callback_(std::move(callback)) {}
  void set(Instant when) override {
    cancel();
    deadline_.set(when);
  }
  void set_soon() override {
    deadline_.clear();
    schedule();
  }
  void clear() override {
    cancel();
    deadline_.clear();
  }

 private:
  void run() noexcept override {
    auto callback = callback_;  // a copy: it may destroy this
    callback();
  }

  event::Deadline deadline_;
  std::function<void()> callback_;
};

}  // namespace

std::unique_ptr<Timer> LoopTimers::make(std::function<void()> callback) {
  return std::make_unique<LoopTimer>(loop_, std::move(callback));
}

}  // namespace postern::runtime
