// One process with a keeper, and the world around it: a store, a token endpoint, time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "grants/caller.h"
#include "grants/keeper.h"
#include "support/fake_background.h"
#include "support/fake_clock.h"
#include "support/fake_timers.h"
#include "support/fake_token_source.h"
#include "support/memory_store.h"

namespace postern::grants::test {

using namespace std::chrono_literals;
using postern::test::FakeBackground;
using postern::test::FakeClock;
using postern::test::FakeIssuer;
using postern::test::FakeTimers;
using postern::test::FakeTokenSource;
using postern::test::MemoryStore;

inline GrantOptions acme() {
  GrantOptions options;
  options.name = "acme";
  options.organization = "acme";
  options.sentry_url = "https://sentry.test";
  return options;
}

// The pair that the issuer knows at the beginning.
inline StoredGrant first_pair(const Clock& clock, Duration lifetime) {
  StoredGrant stored;
  stored.generation = 1;
  stored.sentry = "https://sentry.test";
  stored.organization = {"acme", "42"};
  stored.user = {"7", "Jane", "jane@example.com"};
  stored.access_token = Secret("access-1");
  stored.refresh_token = Secret("refresh-1");
  stored.obtained_at = clock.wall();
  stored.expires_at = clock.wall() + lifetime;
  stored.scopes = {"org:read"};
  return stored;
}

// What all processes see.
struct World {
  FakeClock clock;
  FakeTimers timers{clock};
  MemoryStore store;
  FakeIssuer issuer;
  double random = 0;
};

class Process final {
 public:
  explicit Process(World& world, bool with_source = true, GrantOptions of = acme())
      : world_(world),
        source(world.issuer, world.clock),
        grant(std::move(of)),
        keeper(std::make_unique<Keeper>(grant, options,
                                        KeeperTools{world.clock, world.timers, background,
                                                    world.store, with_source ? &source : nullptr,
                                                    logger, [this] { return world_.random; }})) {}

  void begin() {
    keeper->load_now();
    keeper->start();
    settle();
  }
  void settle() { background.run(); }

  // Time passes in small steps, and the helper thread keeps up.
  void pass(Duration time, Duration step = 50ms) {
    while (time > 0s) {
      const Duration now = std::min(time, step);
      world_.timers.advance(now);
      settle();
      time -= now;
    }
  }
  void pass_long(Duration time) { pass(time, 1s); }

  std::string access() const {
    return grant.token() ? std::string(grant.token()->access.reveal()) : "none";
  }
  Standing standing(bool replayable = true) {
    return grant.standing(world_.clock.now(), replayable);
  }
  // Sentry has refused a request that was sent just now.
  Verdict refused(std::string_view route = "GET /x", int replays = 0) {
    Refused request;
    request.generation = grant.token()->generation;
    request.sent_at = world_.clock.now();
    request.route = route;
    request.replays = replays;
    request.lag_retries = 5;
    return grant.refused(request, world_.clock.now()).verdict;
  }
  KeeperStatus status() const { return keeper->status(); }
  std::string log() {
    logger.flush();
    MutexLock lock(mutex_);
    return text_;
  }
  int logged(const std::string& word) {
    const std::string all = log();
    int count = 0;
    for (size_t at = all.find(word); at != std::string::npos; at = all.find(word, at + 1)) ++count;
    return count;
  }

 private:
  static log::Options everything() {
    log::Options options;
    options.level = log::Level::kDebug;
    return options;
  }

  World& world_;
  Mutex mutex_;
  std::string text_;

 public:
  log::Logger logger{everything(), [this](std::string_view bytes) {
                       MutexLock lock(mutex_);
                       text_.append(bytes);
                     }};
  RefreshOptions options;
  FakeBackground background;
  FakeTokenSource source;
  Grant grant;
  std::unique_ptr<Keeper> keeper;
};

struct KeeperFixture : ::testing::Test {
  World world;
  Process process{world};
  FakeTokenSource& source = process.source;

  void begin(Duration lifetime = 1h) {
    world.store.grants["acme"] = first_pair(world.clock, lifetime);
    process.begin();
  }
  // Up to the call, whose answer the test decides.
  void ask_for_refresh() {
    ASSERT_EQ(process.refused(), Verdict::kWait);
    process.settle();
    ASSERT_TRUE(source.called());
  }
  const StoredGrant& stored() { return world.store.grants["acme"]; }
};

}  // namespace postern::grants::test
