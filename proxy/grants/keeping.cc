#include "grants/keeping.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "base/printable.h"

namespace postern::grants {
namespace {

using text::printable;

// Longer than a refresh may take (refresh.timeout, 30 s unless set), because what is to be kept
// here has just been obtained and would be lost.
constexpr int kLockTries = 800;
constexpr auto kLockPause = std::chrono::milliseconds(50);

using Loaded = StoreResult<std::optional<StoredGrant>>;

tl::unexpected<NotKept> taken(std::string what) {
  return tl::unexpected(NotKept{true, std::move(what)});
}

tl::unexpected<NotKept> broken(const Error& error) {
  return tl::unexpected(NotKept{false, error.what});
}

// May what is stored give way to a new token, whosever that will be?
Result<void, NotKept> is_free(const Loaded& stored, const GrantOptions& grant, bool replace) {
  if (!stored && stored.error().passes) return broken(stored.error());
  if (replace) return {};
  if (!stored) return taken(stored.error().what);
  if (!*stored || (*stored)->sentry == grant.sentry_url) return {};
  return taken("the stored grant is for " + printable((*stored)->sentry) + ", this one for " +
               grant.sentry_url);
}

// Which generation the new token gets; an error if it must not take the stored one's place.
Result<uint64_t, NotKept> next_generation(Store& store, const GrantOptions& grant,
                                          const TokenAnswer& answer, bool replace) {
  auto stored = store.load(grant.name);
  if (auto free = is_free(stored, grant, replace); !free) return tl::unexpected(free.error());
  if (!stored) {
    // What cannot be read cannot tell its generation, so the clock stands in: newer than any count.
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
  }
  const uint64_t first = store.first_generation(grant.name);
  if (!*stored) return first;
  const std::string other = other_holder(**stored, answer);
  if (!other.empty() && !replace) return taken(printable(other));
  return std::max((*stored)->generation + 1, first);
}

}  // namespace

StoreResult<std::unique_ptr<StoreLock>> wait_for_lock(Store& store, const std::string& grant) {
  for (int i = 0; i < kLockTries; ++i) {
    auto lock = store.try_lock(grant);
    if (!lock || *lock) return lock;
    std::this_thread::sleep_for(kLockPause);
  }
  return fail("another process is busy with the grant " + grant + "; try again");
}

Result<void, NotKept> check_place(Store& store, const GrantOptions& grant, bool replace) {
  return is_free(store.load(grant.name), grant, replace);
}

Result<StoredGrant, NotKept> keep(Store& store, const GrantOptions& grant, TokenAnswer answer,
                                  bool replace, WallTime now) {
  auto lock = wait_for_lock(store, grant.name);
  if (!lock) return broken(lock.error());
  auto generation = next_generation(store, grant, answer, replace);
  if (!generation) return tl::unexpected(generation.error());
  auto stored = make_stored_grant(std::move(answer), *generation, now);
  stored.organization.slug = grant.organization;
  stored.sentry = grant.sentry_url;
  stored.kind = to_string(grant.kind);
  if (auto saved = store.save(**lock, stored); !saved) return broken(saved.error());
  return stored;
}

}  // namespace postern::grants
