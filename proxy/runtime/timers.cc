#include "runtime/timers.h"

#include <utility>

#include "event/deadline.h"

namespace postern::runtime {
namespace {

class LoopTimer final : public Timer {
 public:
  LoopTimer(event::Loop& loop, std::function<void()> callback)
      : deadline_(loop, std::move(callback)) {}
  void set(Instant when) override { deadline_.set(when); }
  void clear() override { deadline_.clear(); }

 private:
  event::Deadline deadline_;
};

}  // namespace

std::unique_ptr<Timer> LoopTimers::make(std::function<void()> callback) {
  return std::make_unique<LoopTimer>(loop_, std::move(callback));
}

}  // namespace postern::runtime
