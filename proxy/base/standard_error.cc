#include "base/standard_error.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace postern {
namespace {

// As many lines as a pipe with room takes whole, or as much of one.
std::string_view piece_of(std::string_view bytes) {
  const std::string_view most = bytes.substr(0, PIPE_BUF);
  const size_t end = most.rfind('\n');
  return end == std::string_view::npos ? most : most.substr(0, end + 1);
}

}  // namespace

StandardError::Kind StandardError::kind() {
  struct stat info {};
  if (::fstat(STDERR_FILENO, &info) != 0) return Kind::kOther;
  if (S_ISREG(info.st_mode)) return Kind::kFile;
  return S_ISCHR(info.st_mode) ? Kind::kTerminal : Kind::kOther;
}

size_t StandardError::write(std::string_view bytes) {
  const Kind to = kind();
  if (is_torn_ && has_room(to)) (void)write_piece("\n", to);
  while (!bytes.empty() && has_room(to)) {
    const std::optional<size_t> written =
        write_piece(to == Kind::kFile ? bytes : piece_of(bytes), to);
    if (!written) break;
    bytes.remove_prefix(*written);
  }
  return static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

void StandardError::hurry() {
  end_ = (Clock::now() + 2 * patience_).time_since_epoch().count();
}

bool StandardError::has_room(Kind kind) const {
  if (kind == Kind::kFile) return true;
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  int got;
  do {
    const Clock::duration left = Clock::duration(end_) - Clock::now().time_since_epoch();
    if (left <= Clock::duration::zero()) return false;
    const auto wait = std::min(patience_, std::chrono::ceil<std::chrono::milliseconds>(left));
    got = ::poll(&ready, 1, static_cast<int>(wait.count()));
  } while (got < 0 && errno == EINTR);
  return got > 0;
}

std::optional<size_t> StandardError::write_piece(std::string_view piece, Kind kind) {
  const bool is_terminal = kind == Kind::kTerminal;
  const ssize_t written =
      is_terminal ? write_with_alarm(piece) : ::write(STDERR_FILENO, piece.data(), piece.size());
  const bool was_in_vain = written < 0 && (errno == EAGAIN || (errno == EINTR && !is_terminal));
  if (was_in_vain) return 0;
  if (written < 0) return std::nullopt;
  if (written > 0) is_torn_ = piece[static_cast<size_t>(written) - 1] != '\n';
  return static_cast<size_t>(written);
}

// A terminal says that it has room when one byte fits, and then waits until all do.
ssize_t StandardError::write_with_alarm(std::string_view piece) {
  if (!alarm_) alarm_.emplace();
  alarm_->set(patience_);
  const ssize_t written = ::write(STDERR_FILENO, piece.data(), piece.size());
  const int why = errno;
  alarm_->clear();
  errno = why;
  return written;
}

}  // namespace postern
