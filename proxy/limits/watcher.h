// Watcher: is told of the changes that people want to know of.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "limits/bucket.h"
#include "limits/family.h"

namespace postern::limits {

struct LimitNews {
  const FamilyKey& key;
  std::string_view
      route;  // of the request that met it; when there is room again, one of the routes
  BucketStatus bucket;
  size_t waiting = 0;  // requests
  Duration wait{};     // that request's: forecast, or behind it
  Duration lasted{};   // from when the limit was said to be used up to the last long wait
};

// Told from inside the governor's calls, which must not be made from here. The views live as long
// as the call.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // Demand has outgrown a limit; or it has room again. Of one limit at most one of both a minute.
  virtual void on_full(const LimitNews& news) = 0;
  virtual void on_room(const LimitNews& news) = 0;
  // A host has failed so often that it is left alone for `rest`; or it serves again, after
  // `lasted`.
  virtual void on_resting(std::string_view host, Duration rest) = 0;
  virtual void on_back(std::string_view host, Duration lasted) = 0;
};

}  // namespace postern::limits
