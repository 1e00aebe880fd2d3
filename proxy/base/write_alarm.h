// An end to a write(2) that would wait for ever.
#pragma once

#include <chrono>
#include <ctime>

namespace postern {

// Interrupts the thread that has made it, by a signal that does nothing else (SIGRTMIN). Used by
// that thread alone.
class WriteAlarm final {
 public:
  WriteAlarm();
  WriteAlarm(const WriteAlarm&) = delete;
  WriteAlarm& operator=(const WriteAlarm&) = delete;
  ~WriteAlarm();

  // After `period`, and after each one that follows: the first may come before the thread waits.
  void set(std::chrono::milliseconds period);
  void clear();

 private:
  timer_t timer_{};
  bool is_made_ = false;  // false: the kernel has none to give, and nothing is interrupted
};

}  // namespace postern
