#include "cli/watch.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <ctime>
#include <ostream>

namespace postern::cli {
namespace {

// The signals that end it are kept back and looked for between two frames, so that none comes in
// the middle of one.
class EndSignals final {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, signal);
    sigprocmask(SIG_BLOCK, &signals_, &before_);
  }
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;
  ~EndSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

  bool come_within_a_second() const {
    const timespec second{1, 0};
    return sigtimedwait(&signals_, nullptr, &second) > 0;
  }

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

// The terminal's other screen, without a cursor; lines too long for it are cut, not broken.
class Screen final {
 public:
  explicit Screen(std::ostream& out) : out_(out) { out_ << "\x1b[?1049h\x1b[?25l\x1b[?7l"; }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() { out_ << "\x1b[?7h\x1b[?25h\x1b[?1049l" << std::flush; }

  // Writes over the frame before, which would flicker if it were wiped first.
  void show(std::string_view frame) {
    out_ << "\x1b[H";
    for (int rows = height(); rows > 0 && !frame.empty(); --rows) {
      const size_t end = frame.find('\n');
      out_ << frame.substr(0, end) << "\x1b[K";
      frame.remove_prefix(end == std::string_view::npos ? frame.size() : end + 1);
      if (rows > 1 && !frame.empty()) out_ << "\r\n";
    }
    out_ << "\x1b[J" << std::flush;
  }

 private:
  static int height() {
    constexpr int kUsual = 24;
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : kUsual;
  }

  std::ostream& out_;
};

}  // namespace

void watch(Context& context, const std::function<std::string()>& frame) {
  const EndSignals ends;
  if (context.terminal) {
    Screen screen(context.out);
    do screen.show(frame() + "\nCtrl-C ends this.\n");
    while (context.out && !ends.come_within_a_second());
    return;
  }
  do context.out << frame() << std::endl;
  while (context.out && !ends.come_within_a_second());
}

}  // namespace postern::cli
