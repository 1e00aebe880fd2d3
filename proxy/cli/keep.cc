#include "cli/keep.h"

#include <chrono>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>

namespace postern::cli {
namespace {

// Longer than a refresh may take (refresh.timeout, 30 s unless set), because what is to be kept
// here has just been obtained and would be lost.
constexpr int kLockTries = 800;
constexpr auto kLockPause = std::chrono::milliseconds(50);

using Loaded = Result<std::optional<grants::StoredGrant>>;

// May what is stored give way to a new token, whosever that will be?
Result<void> is_free(const Loaded& stored, const grants::GrantOptions& grant, bool replace) {
  if (replace) return {};
  if (!stored) return fail(stored.error().what + "; --replace puts the new token in its place");
  if (!*stored || (*stored)->sentry == grant.sentry_url) return {};
  return fail("the stored grant is for " + printable((*stored)->sentry) + ", this one for " +
              grant.sentry_url + "; if that is meant, add --replace");
}

// Which generation the new token gets; an error if it must not take the stored one's place.
Result<uint64_t> next_generation(grants::Store& store, const grants::GrantOptions& grant,
                                 const grants::TokenAnswer& answer, bool replace) {
  auto stored = store.load(grant.name);
  if (auto free = is_free(stored, grant, replace); !free) return tl::unexpected(free.error());
  if (!stored) {
    // What cannot be read cannot tell its generation, so the clock stands in: newer than any count.
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
  }
  if (!*stored) return uint64_t{1};
  const std::string other = grants::other_holder(**stored, answer);
  if (!other.empty() && !replace)
    return fail(printable(other) + "; if that is meant, add --replace");
  return (*stored)->generation + 1;
}

}  // namespace

const config::GrantSetup* choose_grant(const config::Options& options, const std::string& name,
                                       Context& context) {
  if (name.empty() && options.grants.size() == 1) return &options.grants.front();
  std::string names;
  for (const config::GrantSetup& setup : options.grants) {
    if (!name.empty() && setup.grant.name == name) return &setup;
    names += (names.empty() ? "" : ", ") + setup.grant.name;
  }
  context.err << (name.empty() ? "which grant? Add --grant NAME"
                               : "there is no grant " + printable(name))
              << "; there are: " << names << '\n';
  return nullptr;
}

Result<std::unique_ptr<grants::StoreLock>> wait_for_lock(grants::Store& store,
                                                         const std::string& grant) {
  for (int i = 0; i < kLockTries; ++i) {
    auto lock = store.try_lock(grant);
    if (!lock || *lock) return lock;
    std::this_thread::sleep_for(kLockPause);
  }
  return fail("another process is busy with the grant " + grant + "; try again");
}

Result<void> check_place(grants::Store& store, const grants::GrantOptions& grant, bool replace) {
  return is_free(store.load(grant.name), grant, replace);
}

Result<grants::StoredGrant> keep(grants::Store& store, const grants::GrantOptions& grant,
                                 grants::TokenAnswer answer, bool replace, WallTime now) {
  auto lock = wait_for_lock(store, grant.name);
  if (!lock) return tl::unexpected(lock.error());
  auto generation = next_generation(store, grant, answer, replace);
  if (!generation) return tl::unexpected(generation.error());
  auto stored = grants::make_stored_grant(std::move(answer), *generation, now);
  stored.organization.slug = grant.organization;
  stored.sentry = grant.sentry_url;
  stored.kind = to_string(grant.kind);
  if (auto saved = store.save(**lock, stored); !saved) return tl::unexpected(saved.error());
  return stored;
}

}  // namespace postern::cli
