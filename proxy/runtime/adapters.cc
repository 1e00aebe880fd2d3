#include "runtime/adapters.h"

#include <utility>

namespace postern::runtime {

void LaneBackground::post(std::function<void()> work, std::function<void()> done) {
  while (!jobs_.empty() && !jobs_.front()) jobs_.pop_front();
  jobs_.push_back(lane_.post(std::move(work), std::move(done)));
}

}  // namespace postern::runtime
