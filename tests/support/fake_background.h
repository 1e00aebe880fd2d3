// A helper thread that works when the test says so.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "base/background.h"

namespace postern::test {

class FakeBackground final : public Background {
 public:
  void post(std::function<void()> work, std::function<void()> done) override {
    jobs_.push_back({std::move(work), std::move(done)});
  }

  bool idle() const { return jobs_.empty(); }

  // The oldest job, work and answer; false when there is none.
  bool run_one() {
    if (jobs_.empty()) return false;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    job.work();
    job.done();
    return true;
  }

  // All there is, and what comes of it.
  void run() {
    while (run_one()) {
    }
  }

 private:
  struct Job {
    std::function<void()> work;
    std::function<void()> done;
  };
  std::deque<Job> jobs_;
};

}  // namespace postern::test
