// Timers that fire when the fake clock is advanced through them.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/timer.h"
#include "support/fake_clock.h"

namespace postern::test {

// Must outlive the timers that it makes.
class FakeTimers final : public Timers {
 public:
  explicit FakeTimers(FakeClock& clock) : clock_(clock) {}

  std::unique_ptr<Timer> make(std::function<void()> callback) override {
    auto timer = std::make_unique<One>(*this, std::move(callback));
    ++made;
    return timer;
  }

  int made = 0;

  // How many are set now.
  size_t set() const {
    return static_cast<size_t>(
        std::count_if(all_.begin(), all_.end(), [](const One* one) { return one->is_set; }));
  }

  // Moves the clock on, stopping at each moment that a timer is set to, in their order.
  void advance(Duration by) {
    const Instant end = clock_.now() + by;
    while (One* next = earliest(end)) {
      clock_.advance(std::max(next->when - clock_.now(), Duration::zero()));
      next->is_set = false;
      const auto callback = next->callback;  // it may destroy its timer
      callback();
    }
    clock_.advance(end - clock_.now());
  }

 private:
  struct One final : Timer {
    One(FakeTimers& timers, std::function<void()> call) : owner(timers), callback(std::move(call)) {
      owner.all_.push_back(this);
    }
    ~One() override { owner.all_.erase(std::find(owner.all_.begin(), owner.all_.end(), this)); }
    void set(Instant moment) override {
      when = moment;
      is_set = true;
    }
    void set_soon() override { set(owner.clock_.now()); }
    void clear() override { is_set = false; }

    FakeTimers& owner;
    std::function<void()> callback;
    Instant when{};
    bool is_set = false;
  };

  One* earliest(Instant end) const {
    One* found = nullptr;
    for (One* one : all_) {
      if (one->is_set && one->when <= end && (found == nullptr || one->when < found->when))
        found = one;
    }
    return found;
  }

  FakeClock& clock_;
  std::vector<One*> all_;
};

}  // namespace postern::test
