#include "admin/process_figures.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace postern::admin {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// The fields of /proc/self/stat behind the name, which may hold anything: the state is the first,
// and has number 3 in proc(5).
std::vector<uint64_t> read_stat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(line.substr(name_end + 1));
  std::string state;
  rest >> state;
  std::vector<uint64_t> fields;
  for (int64_t field = 0; rest >> field;) fields.push_back(static_cast<uint64_t>(field));
  return fields;
}

uint64_t count_fds() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(folder);
  return count - 1;  // that of the folder itself
}

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double time = 0;
    if (word == "btime" && file >> time) return time;
  }
  return 0;
}

}  // namespace

ProcessFigures read_process_figures() {
  constexpr size_t kFirst = 4;  // proc(5)'s number of the first field
  constexpr size_t kThreads = 20 - kFirst, kStart = 22 - kFirst, kVirtual = 23 - kFirst,
                   kResident = 24 - kFirst;
  ProcessFigures figures;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0)
    figures.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) figures.max_fds = files.rlim_cur;
  figures.open_fds = count_fds();
  const std::vector<uint64_t> fields = read_stat();
  if (fields.size() <= kResident) return figures;
  figures.threads = fields[kThreads];
  figures.virtual_bytes = fields[kVirtual];
  figures.resident_bytes = fields[kResident] * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  // Read once: it moves with the wall clock, and each step would look like a restart.
  static const double booted = boot_time();
  figures.start_time = booted + static_cast<double>(fields[kStart]) / ticks;
  return figures;
}

}  // namespace postern::admin
