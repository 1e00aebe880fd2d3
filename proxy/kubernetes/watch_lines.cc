#include "kubernetes/watch_lines.h"

#include <cstddef>

namespace postern::kubernetes {

std::optional<Result<WatchEvent>> WatchLines::next() {
  const size_t end = unread_.find('\n');
  if (end == std::string::npos) {
    if (unread_.size() <= kMaxObject) return {};
    clear();
    return Result<WatchEvent>(fail("it is longer than 3 MiB"));
  }
  auto event = parse_watch_event(std::string_view(unread_).substr(0, end));
  wipe_memory(unread_.data(), end);
  unread_.erase(0, end + 1);
  return event;
}

}  // namespace postern::kubernetes
