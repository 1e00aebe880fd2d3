#include "grants/keeping.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "base/text.h"

namespace postern::grants {
namespace {

using text::printable;

using Lock = std::unique_ptr<StoreLock>;

// Longer than a refresh may take (refresh.timeout, 30 s unless set), because what is to be kept
// here has just been obtained and would be lost.
constexpr Duration kPatience = std::chrono::seconds(40);
constexpr Duration kLockPause = std::chrono::milliseconds(50);
constexpr Duration kStorePause = std::chrono::milliseconds(500);

Duration time_for(const Store& store) {
  return std::max(kPatience, store.lease() + kSpareForWriting);
}

using Loaded = StoreResult<std::optional<StoredGrant>>;

tl::unexpected<NotKept> taken(std::string what) {
  return tl::unexpected(NotKept{true, std::move(what)});
}

tl::unexpected<NotKept> broken(const StoreError& error) {
  return tl::unexpected(NotKept{false, error.what, error.passes});
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

// One of the highest generation, or the mark of one, leaves room for none that could be read.
Result<void, NotKept> has_room(const Store& store, const GrantOptions& grant,
                               const Loaded& stored) {
  const uint64_t present = stored && *stored ? (*stored)->generation : 0;
  const uint64_t next = stored ? std::max(present + 1, store.first_generation(grant.name)) : 1;
  if (next <= StoredGrant::kMostGeneration) return {};
  return tl::unexpected(NotKept{
      false, store.where(grant.name) +
                 " is of the highest generation there is, which no number of refreshes comes to: "
                 "remove it, and log in anew"});
}

// Which generation the new token gets; an error if it must not take the stored one's place.
Result<uint64_t, NotKept> next_generation(Store& store, const GrantOptions& grant,
                                          const TokenAnswer& answer, bool replace) {
  auto stored = store.load(grant.name);
  if (auto free = is_free(stored, grant, replace); !free) return tl::unexpected(free.error());
  if (auto room = has_room(store, grant, stored); !room) return tl::unexpected(room.error());
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

StoreResult<Lock> lock_until(Instant end, Store& store, const std::string& grant,
                             const KeepingTools& tools) {
  while (true) {
    auto lock = store.try_lock(grant);
    if (!lock || *lock) return lock;
    if (tools.clock.now() >= end)
      return fail("another process is busy with the grant " + grant + "; try again");
    tools.sleep(kLockPause);
  }
}

// What an earlier try has written as this generation, though its answer got lost. Somebody may have
// refreshed it since: nobody else comes to a higher one.
std::optional<StoredGrant> find_written(Store& store, const GrantOptions& grant,
                                        const TokenAnswer& answer, uint64_t tried) {
  auto there = store.load(grant.name);
  if (!there || !*there) return {};
  const bool is_same =
      (*there)->generation == tried && (*there)->access_token == answer.access_token;
  return is_same || (*there)->generation > tried ? std::move(*there) : std::nullopt;
}

// What is to be kept, from one try to the next.
struct Keeping {
  Store& store;
  const GrantOptions& grant;
  const TokenAnswer& answer;
  bool replace;
  WallTime obtained_at;
  uint64_t tried = 0;  // the generation that a try may have written; 0: there was none
};

Result<StoredGrant, NotKept> try_to_keep(const Lock& lock, Keeping& keeping) {
  const auto& [store, grant, answer, replace, obtained_at, tried] = keeping;
  if (tried > 0) {
    if (auto written = find_written(store, grant, answer, tried)) return std::move(*written);
  }
  auto generation = next_generation(store, grant, answer, replace);
  if (!generation) return tl::unexpected(generation.error());
  auto stored = make_stored_grant(answer, *generation, obtained_at);
  stored.organization.slug = grant.organization;
  stored.sentry = grant.sentry_url;
  stored.kind = to_string(grant.kind);
  keeping.tried = *generation;
  if (auto saved = store.save(*lock, stored); !saved) return broken(saved.error());
  return stored;
}

// Whoever only reads that a store is away tries the same answer again, in vain.
Result<StoredGrant, NotKept> with_consequence(Result<StoredGrant, NotKept> kept,
                                              const KeepingTools& tools) {
  if (!kept && !kept.error().is_taken && !tools.is_to_hand)
    kept.error().what +=
        "; it is not known to be stored, and the consent at Sentry is used up: put that right, "
        "then look at `postern status`, or log in anew";
  return kept;
}

}  // namespace

StoreResult<std::unique_ptr<StoreLock>> wait_for_lock(Store& store, const std::string& grant,
                                                      const KeepingTools& tools) {
  return lock_until(tools.clock.now() + time_for(store), store, grant, tools);
}

Result<void, NotKept> check_place(Store& store, const GrantOptions& grant, bool replace) {
  const auto stored = store.load(grant.name);
  if (auto room = has_room(store, grant, stored); !room) return room;
  return is_free(stored, grant, replace);
}

Result<StoredGrant, NotKept> keep(Store& store, const GrantOptions& grant,
                                  const TokenAnswer& answer, bool replace,
                                  const KeepingTools& tools) {
  const Instant end = tools.clock.now() + time_for(store);
  bool is_told = !tools.tell;
  Keeping keeping{store, grant, answer, replace, tools.clock.wall()};
  while (true) {
    auto lock = lock_until(end, store, grant.name, tools);
    auto kept =
        lock ? try_to_keep(*lock, keeping) : Result<StoredGrant, NotKept>(broken(lock.error()));
    const bool is_lost = !kept && kept.error().passes && !tools.is_to_hand;
    if (!is_lost || tools.clock.now() >= end) return with_consequence(std::move(kept), tools);
    if (!std::exchange(is_told, true))
      tools.tell(
          kept.error().what + "; trying again for " +
          text::format_duration(std::chrono::ceil<std::chrono::seconds>(end - tools.clock.now())));
    tools.sleep(kStorePause);
  }
}

}  // namespace postern::grants
