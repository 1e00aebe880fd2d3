#include "config/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
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

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  bool standard_input = path == "-";
  int fd = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail("cannot open " + path + ": " + std::generic_category().message(errno));
  auto text = read_all(fd);
  if (!standard_input) ::close(fd);
  if (!text) {
    return fail("cannot read " + path + ": " + std::generic_category().message(text.error()));
  }
  if (text->size() > kMaxTextFile) return fail(path + " is larger than 1 MiB");
  return std::move(*text);
}

std::string file_mark(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  std::string mark;
  for (const auto part : {static_cast<int64_t>(info.st_dev), static_cast<int64_t>(info.st_ino),
                          static_cast<int64_t>(info.st_size), int64_t{info.st_mtim.tv_sec},
                          int64_t{info.st_mtim.tv_nsec}})
    mark += std::to_string(part) + ' ';
  return mark;
}

}  // namespace postern::config
