#include "cli/input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace postern::cli {
namespace {

constexpr size_t kMaxLine = 8 * 1024;

int milliseconds_until(Instant end) {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(end - BootClock::now()).count();
  return left <= 0 ? 0 : static_cast<int>(std::min<int64_t>(left, 1000 * 60 * 60));
}

}  // namespace

Result<std::string> read_line(int descriptor, Duration timeout) {
  Instant end = BootClock::now() + timeout;
  std::string line;
  while (line.size() < kMaxLine) {
    pollfd waiting{descriptor, POLLIN, 0};
    int ready = ::poll(&waiting, 1, milliseconds_until(end));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return fail("nothing was typed in time");
    char c = 0;
    ssize_t got = ::read(descriptor, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("cannot read: " + std::generic_category().message(errno));
    if (got == 0 && line.empty()) return fail("standard input has ended");
    if (got == 0 || c == '\n') return line;
    line += c;
  }
  return fail("that is longer than any address");
}

}  // namespace postern::cli
