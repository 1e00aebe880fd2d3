#include "cli/browser.h"

#include <fcntl.h>
#include <spawn.h>

#include <array>
#include <string_view>
#include <vector>

namespace postern::cli {
namespace {

// Its output would fall into the countdown.
class QuietFiles final {
 public:
  QuietFiles() {
    ::posix_spawn_file_actions_init(&actions_);
    for (int fd = 0; fd <= 2; ++fd)
      ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0);
  }
  QuietFiles(const QuietFiles&) = delete;
  QuietFiles& operator=(const QuietFiles&) = delete;
  ~QuietFiles() { ::posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// A session of its own, so that Ctrl-C at the login does not close the browser.
class OwnSession final {
 public:
  OwnSession() {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID);
  }
  OwnSession(const OwnSession&) = delete;
  OwnSession& operator=(const OwnSession&) = delete;
  ~OwnSession() { ::posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

}  // namespace

bool has_display(const config::Environment& environment) {
  for (std::string_view name : {"DISPLAY", "WAYLAND_DISPLAY"}) {
    auto found = environment.find(name);
    if (found != environment.end() && !found->second.empty()) return true;
  }
  return false;
}

bool open_browser(const std::string& url, const config::Environment& environment) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : environment) {
    if (!std::string_view(name).starts_with("POSTERN_")) entries.push_back(name + "=" + value);
  }
  std::vector<char*> variables;
  for (std::string& entry : entries) variables.push_back(entry.data());
  variables.push_back(nullptr);
  QuietFiles files;
  OwnSession session;
  for (const char* opener : {"xdg-open", "open"}) {
    std::array<char*, 3> words{const_cast<char*>(opener), const_cast<char*>(url.c_str()), nullptr};
    pid_t pid = 0;
    if (::posix_spawnp(&pid, opener, files.get(), session.get(), words.data(), variables.data()) ==
        0)
      return true;
  }
  return false;
}

}  // namespace postern::cli
