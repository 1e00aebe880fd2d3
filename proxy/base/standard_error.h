// Standard error as the place of a log: written to without waiting for long, whatever it leads to.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/write_alarm.h"

namespace postern {

// A reader that has stopped reading must not stop the program, so what is no file is asked before
// each piece whether it has room; after `patience` without room the rest is given up, as it is when
// the disk is full. The descriptor cannot simply be made non-blocking: other processes share it.
class StandardError final {
 public:
  explicit StandardError(std::chrono::milliseconds patience = std::chrono::seconds(1))
      : patience_(patience) {}
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;

  // How many lines were lost. Always the same thread.
  size_t write(std::string_view bytes);
  // The process ends: all that is still to be written has twice the patience together. Any thread.
  void hurry();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Kind : uint8_t { kFile, kTerminal, kOther };  // what it leads to; may be led elsewhere

  static Kind kind();
  bool has_room(Kind kind) const;
  std::optional<size_t> write_piece(std::string_view piece, Kind kind);
  ssize_t write_with_alarm(std::string_view piece);

  const std::chrono::milliseconds patience_;
  bool is_torn_ = false;             // the last byte written was inside of a line
  std::optional<WriteAlarm> alarm_;  // made by the first write to a terminal
  std::atomic<Clock::rep> end_ = Clock::duration::max().count();  // of all waiting
};

}  // namespace postern
