// Keeper: keeps one grant alive. It refreshes early, on demand and once for all who ask; stores
// each new pair before it is used; adopts what another process has stored; and never takes a
// failure for final that might not be. (Sentry forgives nothing: a refresh kills the old pair.)
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grants/grant.h"
#include "grants/keeper_tools.h"
#include "grants/refresh.h"
#include "grants/remedy.h"
#include "grants/schedule.h"
#include "grants/store_jobs.h"

namespace postern::grants {

// What `postern status` and the probes say. Times are for display.
struct KeeperStatus {
  GrantState state = GrantState::kMissing;
  uint64_t generation = 0;
  Organization organization;
  User user;
  std::vector<std::string> scopes;
  std::optional<WallTime> obtained_at;  // of the token there is
  std::optional<WallTime> expires_at;
  std::optional<WallTime> next_refresh;
  std::string last_error;  // empty when all is well
  std::optional<WallTime> last_error_at;
  bool usable = false;        // has a token that has not expired, and is not known to be dead
  bool stored = true;         // false: the pair in memory could not be written yet
  bool needs_person = false;  // revoked; or missing or expired, and nothing could obtain one
  std::string where;          // the store's place
  uint64_t refreshes = 0;     // successful ones since the start
  std::array<uint64_t, RefreshOutcome::kKinds> outcomes{};  // of all refreshes, by kind
};

// Loop thread; `grant` and `options` must outlive it. One grant has one keeper.
class Keeper final : private Refresher {
 public:
  Keeper(Grant& grant, const RefreshOptions& options, KeeperTools tools);
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  ~Keeper() override;

  void load_now();  // blocks on the store: before the loop runs
  void start();     // timers, and watching the store
  // Reads the store soon, for somebody may have written to it. One read is under way at a time, and
  // all who ask meanwhile share the next. `then`, if there is one: what it held after it was asked
  // is in use.
  void look(std::function<void()> then = {});
  void stop_renewing();  // from now on only what a request needs: the process is about to end

  // A refresh is under way, or a new pair is not stored yet: ending the process now could lose the
  // grant.
  bool busy() const;
  bool unsaved() const { return refresh_ != nullptr && refresh_->unsaved(); }
  KeeperStatus status() const;
  const Grant& grant() const { return grant_; }

 private:
  // What is being done about the present token.
  enum class Phase : uint8_t {
    kIdle,     // nothing; wake_ is set when a refresh will be due
    kHolding,  // an early refresh is due and waits for unreplayable requests to end
    kWanted,   // a request needs a refresh, the last call was too short a time ago
    kWorking,  // refresh_ is busy
  };
  struct Trouble {
    std::string text;
    WallTime at;
  };

  // ---- Refresher
  bool refresh_now(std::string_view why) override;
  std::optional<Instant> next_try() const override;
  void on_streams_over() override;

  // ---- the store
  Instant next_look() const;
  void read_store();
  void on_read(const StoreJobs::Loaded& loaded);
  void adopt_loaded(const StoreJobs::Loaded& loaded);
  void adopt_stored(const StoredGrant& stored);
  void adopt_nothing();
  void warn_of_clock(const StoredGrant& stored);
  void use(StoredGrant stored, std::shared_ptr<const Token> token, Instant retry_at = {});
  void look_for_crash();
  void end_rest_for_store();

  // ---- refreshing
  bool refreshable() const;
  bool heals_itself() const;
  // Sentry refuses the token, and no other could be had yet.
  bool is_dead() const { return refresh_trouble_ && grant_.is_doubted(); }
  std::optional<Instant> due() const;
  void schedule();
  void on_wake();
  void begin_by_itself();
  void begin_early();
  void hold();
  void begin(bool forced, std::string_view why);
  void on_end(RefreshOutcome outcome);
  void obtained(RefreshOutcome& outcome);
  void refused(const RefreshOutcome& outcome);
  void store_told(const RefreshOutcome& outcome);
  void deferred(const RefreshOutcome& outcome);
  void rest(std::string reason, std::optional<Duration> retry_after);
  void revoke(std::string reason);
  void other_stored(const RefreshOutcome& outcome);
  std::string lost_text() const;
  std::string remedy() const { return grants::remedy(grant_.options()); }

  // ---- words
  void say(log::Level level, std::string_view event, const std::string& text);
  void note(std::string text);  // remembers trouble of refreshing

  Grant& grant_;
  const RefreshOptions& options_;
  KeeperTools tools_;
  StoreJobs jobs_;
  std::unique_ptr<Refresh> refresh_;  // null without a source
  std::unique_ptr<Timer> poll_timer_;
  std::unique_ptr<Timer> wake_timer_;
  std::unique_ptr<Timer> hold_timer_;

  bool is_reading_ = false;                   // the store
  bool reads_again_ = false;                  // when that is done
  std::vector<std::function<void()>> asked_;  // for the next read

  StoredGrant present_;   // what the token in memory was made of; empty when there is none
  bool is_away_ = false;  // the store, when it was last asked
  bool foreign_ = false;  // the store holds a token of another Sentry: hands off
  Phase phase_ = Phase::kIdle;
  std::optional<RefreshPlan> plan_;   // of the present token, if it dies and can be replaced
  std::optional<Instant> due_at_;     // of an early refresh
  Instant retry_at_{};                // resting after a failure until then
  std::optional<Instant> held_at_;    // holding began
  std::optional<Instant> called_at_;  // the last call to the token endpoint was begun
  int failures_ = 0;                  // in a row
  bool needed_ = false;  // by a request: the present token is dead, whatever its lifetime says
  bool lost_ = false;    // an answer for present_ may have been lost, begun at:
  std::optional<WallTime> lost_at_;
  bool rests_for_store_ = false;  // only until it can be asked again
  bool started_ = false;
  bool renewing_ = true;

  uint64_t refreshes_ = 0;
  std::array<uint64_t, RefreshOutcome::kKinds> outcomes_{};
  std::string said_;  // last word about the store, to say it once
  std::optional<Trouble> store_trouble_;
  std::optional<Trouble> refresh_trouble_;
};

}  // namespace postern::grants
