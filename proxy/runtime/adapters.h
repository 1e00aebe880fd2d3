// What the folders without an event loop ask for, made of the event folder's parts.
#pragma once

#include <deque>
#include <functional>

#include "base/background.h"
#include "event/lane.h"
#include "event/loop.h"

namespace postern::runtime {

// Background work on a lane. Destroying it waits for the job under way and drops the rest.
class LaneBackground final : public Background {
 public:
  explicit LaneBackground(event::Loop& loop) : lane_(loop) {}
  void post(std::function<void()> work, std::function<void()> done) override;

 private:
  // A job is forgotten when its handle goes, so the handles of those under way are kept. They end
  // in the order in which they were posted.
  std::deque<event::Job> jobs_;
  event::Lane lane_;
};

}  // namespace postern::runtime
