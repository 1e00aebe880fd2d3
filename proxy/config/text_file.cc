#include "config/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace postern::config {
namespace {

Result<std::string, int> read_all(int fd) {
  std::string text;
  char block[16 * 1024];
  while (text.size() <= kMaxTextFile) {
    ssize_t got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected<int>(errno);
    if (got == 0) break;
    text.append(block, static_cast<size_t>(got));
  }
  return text;
}

bool may_keep_waiting(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, TextFiles accepted) {
  const bool standard_input = path == "-";
  const bool only_plain = accepted == TextFiles::kPlain;
  const int flags = O_RDONLY | O_CLOEXEC | (only_plain ? O_NONBLOCK : 0);
  const int fd = standard_input ? STDIN_FILENO : ::open(path.c_str(), flags);
  if (fd < 0) return fail("cannot open " + path + ": " + std::generic_category().message(errno));
  const bool is_refused = only_plain && may_keep_waiting(fd);
  auto text = is_refused ? Result<std::string, int>() : read_all(fd);
  if (!standard_input) ::close(fd);
  if (is_refused)
    return fail(path + " is a pipe or a device, which cannot be read again: use a plain file");
  if (!text) {
    return fail("cannot read " + path + ": " + std::generic_category().message(text.error()));
  }
  if (text->size() > kMaxTextFile) return fail(path + " is larger than 1 MiB");
  return std::move(*text);
}

}  // namespace postern::config
