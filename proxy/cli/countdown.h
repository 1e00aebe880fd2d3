// What is left of the time that a person has, on a line of its own.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "cli/context.h"

namespace postern::cli {

// On a terminal the line is written over again and again; elsewhere it is said once.
class Countdown final {
 public:
  Countdown(Context& context, std::string what) : context_(context), what_(std::move(what)) {}
  Countdown(const Countdown&) = delete;
  Countdown& operator=(const Countdown&) = delete;
  ~Countdown() { clear(); }

  void show(Duration left);
  void clear();  // before anything else is written

 private:
  Context& context_;
  std::string what_;  // "waiting for the browser"
  bool shown_ = false;
  bool said_ = false;
};

std::string minutes(Duration left);  // "4:59"

}  // namespace postern::cli
