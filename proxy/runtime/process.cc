#include "runtime/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>

#include "wire/socket.h"

namespace postern::runtime {

void forbid_dumps() {
#if !defined(__SANITIZE_ADDRESS__)
  // The leak check of AddressSanitizer attaches to the process as a debugger would.
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

void harden_process() {
  forbid_dumps();
  rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

uint64_t random_seed() {
  uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
    seed = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return seed;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

bool has_terminal() {
  struct sigaction hangup {};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler == SIG_IGN) return false;
  const wire::Socket terminal(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC));
  return static_cast<bool>(terminal);
}

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

// By its name: what a process that may not be dumped runs is hidden even from its own user.
bool is_this_program(int pid) {
  std::string ours;
  std::string theirs;
  std::ifstream("/proc/self/comm") >> ours;
  std::ifstream("/proc/" + std::to_string(pid) + "/comm") >> theirs;
  return !theirs.empty() && ours == theirs;
}

}  // namespace postern::runtime
