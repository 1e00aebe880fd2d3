// Cache-Control (RFC 9111 §5.2), as far as it matters to a cache that serves nothing stale: what a
// caller wants, and what an answer allows.
#pragma once

#include <optional>

#include "base/clock.h"
#include "http/message.h"

namespace postern::relay {

// What a request says about answers that are there already.
struct CacheWish {
  bool only_own = false;  // no-store, or a part or a condition is asked for: never from or into the
                          // cache
  bool fresh = false;     // no-cache, max-age=0, Pragma: no-cache: from Sentry, and kept
  std::optional<Duration> max_age;  // an older one will not do
};
CacheWish read_cache_wish(const http::Fields& fields);

// How long an answer may be served to others, as it says itself. Duration::max(): it says nothing.
// Zero: not at all, because of its status, no-store, no-cache, an age that has passed, or because
// it depends on more than the fields of a request that a key is made of.
Duration own_lifetime(const http::ResponseHead& head);

// The Age that it came with; zero without one, or with one that makes no sense.
Duration own_age(const http::ResponseHead& head);

}  // namespace postern::relay
