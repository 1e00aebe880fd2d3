// A loop that ends: with what the test waits for, or after five seconds, which fails the test.
#pragma once

#include <gtest/gtest.h>

#include "event/deadline.h"
#include "event/loop.h"

namespace postern::event {

class BoundedLoop final {
 public:
  BoundedLoop()
      : limit_(loop, [this] {
          ADD_FAILURE() << "what the test waits for did not happen";
          loop.stop();
        }) {}

  // Until stop().
  void run() {
    limit_.set_after(std::chrono::seconds(5));
    loop.run();
    limit_.clear();
  }
  void stop() { loop.stop(); }

  Loop loop;

 private:
  Deadline limit_;
};

}  // namespace postern::event
