#include "runtime/adapters.h"

#include <algorithm>
#include <utility>

namespace postern::runtime {

void LaneBackground::post(std::function<void()> work, std::function<void()> done) {
  jobs_.erase(
      std::remove_if(jobs_.begin(), jobs_.end(), [](const event::Job& job) { return !job; }),
      jobs_.end());
  jobs_.push_back(lane_.post(std::move(work), std::move(done)));
}

}  // namespace postern::runtime
