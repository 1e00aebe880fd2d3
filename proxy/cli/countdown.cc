#include "cli/countdown.h"

#include <algorithm>
#include <ostream>

namespace postern::cli {

std::string minutes(Duration left) {
  auto seconds = std::max<int64_t>(0, std::chrono::ceil<std::chrono::seconds>(left).count());
  std::string rest = std::to_string(seconds % 60);
  return std::to_string(seconds / 60) + (rest.size() < 2 ? ":0" : ":") + rest;
}

void Countdown::show(Duration left) {
  if (context_.terminal) {
    context_.out << '\r' << what_ << ", " << minutes(left) << " left (Ctrl-C ends it) "
                 << std::flush;
    shown_ = true;
  } else if (!said_) {
    context_.out << what_ << ", at most " << minutes(left) << " minutes\n" << std::flush;
    said_ = true;
  }
}

void Countdown::clear() {
  if (shown_) context_.out << "\r\x1b[K" << std::flush;
  shown_ = false;
}

}  // namespace postern::cli
