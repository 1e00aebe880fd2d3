// WatchLines: the body of a watch, cut into its events.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kubernetes/objects.h"

namespace postern::kubernetes {

class WatchLines final {
 public:
  void take(std::string_view bytes) { unread_ += bytes; }

  // The next event that is there whole; an error for what is none, which ends the watch.
  std::optional<Result<WatchEvent>> next();

  void clear() { unread_.clear(); }

 private:
  std::string unread_;
};

}  // namespace postern::kubernetes
