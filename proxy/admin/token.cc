#include "admin/token.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace postern::admin {
namespace {

constexpr size_t kTokenBytes = 32;
constexpr std::string_view kHex = "0123456789abcdef";

tl::unexpected<Error> fault(const std::string& path, const char* what) {
  return fail("admin token " + path + ": " + what + ": " + std::strerror(errno));
}

Result<std::string> random_hex() {
  std::array<unsigned char, kTokenBytes> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return fail("admin token: the system gives no random bytes");
  }
  std::string hex;
  for (const unsigned char byte : bytes) {
    hex += kHex[byte >> 4U];
    hex += kHex[byte & 15U];
  }
  return hex;
}

Result<Secret> make(const std::string& path) {
  auto token = random_hex();
  if (!token) return tl::unexpected(token.error());
  // O_EXCL: a file or link that someone put there meanwhile is not written to.
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return fault(path, "cannot be made");
  const std::string line = *token + "\n";
  const bool written = write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (close(fd) != 0 || !written) {
    const auto error = fault(path, "cannot be written");
    unlink(path.c_str());  // half a token would stop the next start
    return error;
  }
  return Secret(std::move(*token));
}

Result<Secret> read_from(int fd, const std::string& path) {
  struct stat about {};
  if (fstat(fd, &about) != 0) return fault(path, "cannot be looked at");
  if (!S_ISREG(about.st_mode)) return fail("admin token " + path + ": is not a plain file");
  if ((about.st_mode & 077U) != 0) {
    return fail("admin token " + path + ": other users may use it; run: chmod 600 " + path);
  }
  std::array<char, 256> bytes{};
  const ssize_t size = read(fd, bytes.data(), bytes.size());
  if (size < 0) return fault(path, "cannot be read");
  std::string token(bytes.data(), static_cast<size_t>(size));
  if (!token.empty() && token.back() == '\n') token.pop_back();
  if (token.size() != 2 * kTokenBytes || token.find_first_not_of(kHex) != std::string::npos) {
    return fail("admin token " + path + ": holds no token; remove it and start again");
  }
  return Secret(std::move(token));
}

}  // namespace

Result<Secret> read_token(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fault(path, "cannot be opened");
  auto token = read_from(fd, path);
  close(fd);
  return token;
}

Result<Secret> load_or_make_token(const std::string& path) {
  struct stat about {};
  if (stat(path.c_str(), &about) != 0) {
    // A link that leads nowhere is not followed: O_EXCL.
    return errno == ENOENT ? make(path) : fault(path, "cannot be looked at");
  }
  // Whoever owns the file knows what is in it.
  if (about.st_uid != geteuid() && about.st_uid != 0)
    return fail("admin token " + path + ": belongs to another user; remove it and start again");
  return read_token(path);
}

}  // namespace postern::admin
