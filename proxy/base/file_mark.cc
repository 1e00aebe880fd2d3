#include "base/file_mark.h"

#include <sys/stat.h>

#include <cstdint>

namespace postern {

std::string file_mark(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  std::string mark;
  // The time of change moves with contents, owner and permissions, and nobody can set it back.
  for (const auto part : {static_cast<int64_t>(info.st_dev), static_cast<int64_t>(info.st_ino),
                          static_cast<int64_t>(info.st_size), int64_t{info.st_ctim.tv_sec},
                          int64_t{info.st_ctim.tv_nsec}})
    mark += std::to_string(part) + ' ';
  return mark;
}

}  // namespace postern
