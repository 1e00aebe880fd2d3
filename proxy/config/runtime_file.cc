#include "config/runtime_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/folders.h"
#include "base/text.h"

namespace postern::config {
namespace {

constexpr size_t kMaxListeners = 1024;  // a longer file is not ours

tl::unexpected<Error> broken(const std::string& path, int error) {
  return fail("cannot write " + path + ": " + std::generic_category().message(error));
}

tl::unexpected<Error> not_ours(const std::string& path) {
  return fail(path + " is not a runtime file of Postern");
}

std::string format(const RuntimeInfo& info) {
  std::string text = "pid=" + std::to_string(info.pid) + "\n";
  for (const std::string& address : info.listen) text += "listen=" + address + "\n";
  for (const std::string& address : info.tls) text += "tls=" + address + "\n";
  if (!info.admin.empty()) text += "admin=" + info.admin + "\n";
  return text;
}

}  // namespace

bool speaks_tls(const RuntimeInfo& info, std::string_view address) {
  return std::find(info.tls.begin(), info.tls.end(), address) != info.tls.end();
}

Result<void> write_runtime_file(const std::string& path, const RuntimeInfo& info) {
  // A failure shows when the file is opened.
  make_folders(std::filesystem::path(path).parent_path());
  std::string temporary = path + "." + std::to_string(info.pid) + ".new";
  ::unlink(temporary.c_str());
  int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return broken(temporary, errno);
  std::string text = format(info);
  ssize_t size = ::write(fd, text.data(), text.size());
  bool written = size == static_cast<ssize_t>(text.size());
  int error = size < 0 ? errno : ENOSPC;  // a file takes less than all of it only when it is full
  ::close(fd);
  if (written && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  if (written) error = errno;
  ::unlink(temporary.c_str());
  return broken(path, error);
}

Result<std::optional<RuntimeInfo>> read_runtime_file(const std::string& path) {
  std::error_code ignored;
  // A pipe would be waited for, and nobody may ever write into it.
  if (std::filesystem::is_other(std::filesystem::status(path, ignored))) return not_ours(path);
  std::ifstream file(path);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<RuntimeInfo>();
    return fail("cannot read " + path + ": " + std::generic_category().message(errno));
  }
  RuntimeInfo info;
  for (std::string line; std::getline(file, line) && info.listen.size() < kMaxListeners;) {
    if (line.starts_with("pid=")) {
      auto pid = text::parse_unsigned(std::string_view(line).substr(4));
      if (pid && *pid <= INT32_MAX) info.pid = static_cast<int>(*pid);
    } else if (line.starts_with("listen=")) {
      info.listen.push_back(line.substr(7));
    } else if (line.starts_with("tls=") && info.tls.size() < kMaxListeners) {
      info.tls.push_back(line.substr(4));
    } else if (line.starts_with("admin=")) {
      info.admin = line.substr(6);
    }
  }
  if (info.pid == 0) return not_ours(path);
  return std::optional<RuntimeInfo>(std::move(info));
}

void remove_runtime_file(const std::string& path, int pid) {
  auto info = read_runtime_file(path);
  if (info && *info && (*info)->pid == pid) ::unlink(path.c_str());
}

}  // namespace postern::config
