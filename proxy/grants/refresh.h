// Refresh: obtains one new pair of tokens, in the one order that does not lose a grant:
// lock, re-read, journal, call, save, and only then hand it over.
//
// The lock of a shared store runs out unless it is renewed. Whatever happens to it, a pair that was
// obtained is saved; and the answer invalid_grant is final only when such a store has been read for
// a while, for another process may know better.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "grants/grant.h"
#include "grants/keeper_tools.h"
#include "grants/store_jobs.h"

namespace postern::grants {

struct RefreshRequest {
  StoredGrant present;  // what memory holds; generation 0 and no token before the first one
  bool forced =
      false;          // needed, or the last safe moment: go on even if the store cannot be written
  bool lost = false;  // an earlier answer for this refresh token may have been lost
};

// How it ended.
struct RefreshOutcome {
  enum class Kind : uint8_t {
    kObtained,   // `stored` is the new pair; unsaved() says if it could not be written. `why`: what
                 // is wrong with one half of it; without a new access token it has expired
    kOther,      // nobody was called: the store holds something else, `loaded`
    kRefused,    // by the token endpoint, `refusal`; kInvalidGrant only after a second look
    kStoreTold,  // the store cannot be locked, read or written, `why`: nobody was called, or the
                 // endpoint's invalid_grant cannot be looked into
    kDeferred,   // nobody was called: not forced, and the store cannot be written, `why`
  };
  static constexpr size_t kKinds = 5;
  Kind kind = Kind::kStoreTold;
  StoredGrant stored;
  std::optional<Duration> lifetime;  // of `stored`, counted from `sent_at`
  Instant sent_at{};
  StoreJobs::Loaded loaded;
  TokenRefusal refusal;
  std::string why;
  bool passes = false;               // with kStoreTold: it could not be asked just now
  std::optional<Instant> called_at;  // the token endpoint was asked then
  bool lost = false;                 // an answer for the present refresh token may have been lost
  std::optional<WallTime> lost_at;   // when the refresh that it belonged to was begun
};

std::string_view to_string(RefreshOutcome::Kind kind);  // "obtained"…

// Loop thread. Destroying it cancels the call to the token endpoint, which may lose the grant: wait
// until busy() is false.
class Refresh final {
 public:
  using Done = std::function<void(RefreshOutcome)>;

  // `options` and all of `tools` must outlive it. `saved` is told when a pair that could not be
  // written has reached the store after all. REQUIRES: tools.source.
  Refresh(const GrantOptions& grant, const RefreshOptions& options, const KeeperTools& tools,
          StoreJobs& jobs, std::function<void()> saved);
  Refresh(const Refresh&) = delete;
  Refresh& operator=(const Refresh&) = delete;
  ~Refresh();

  // `done` is called once, never from inside, and may start the next one. REQUIRES: !busy().
  void start(RefreshRequest request, Done done);
  void force() { request_.forced = true; }  // a request has come to need the one under way
  void hurry();      // somebody has written to the store: look now, if that is what is waited for
  void save_soon();  // the store answers: a pair that could not be written is tried now

  bool busy() const { return busy_; }
  bool unsaved() const { return unsaved_.has_value(); }  // keeps the lock and goes on trying
  const std::string& unsaved_why() const { return unsaved_why_; }

 private:
  using Kind = RefreshOutcome::Kind;
  static constexpr std::string_view kFirstStep = "refresh begun";  // in the journal
  // ---- the lock
  void lock();
  void on_locked(StoreJobs::Locked locked);
  void on_store_away(const StoreError& error);
  void end_with_other(StoreJobs::Loaded loaded);
  bool is_other(const StoreJobs::Loaded& loaded) const;
  bool is_unused(const JournalEntry& journal) const;
  void wait_for_lock();
  void keep_lock(Instant asked_at);
  bool lock_outlasts_call() const;
  void renew_lock();
  void release_lock();

  void write_journal();
  void make_sure_of_lock();
  void call_unless_overtaken();
  void call();
  void on_answer(TokenOutcome answer);
  void keep(TokenAnswer answer);
  void on_refusal(TokenRefusal refusal);
  void look_again();
  void on_looked_again(StoreJobs::Loaded loaded);
  void clear_journal(RefreshOutcome outcome);
  void save(StoredGrant stored, std::function<void(const StoreResult<void>&)> next);
  void save_again();
  void on_unsaved_still(std::string why);
  void forget_unsaved();
  RefreshOutcome outcome(Kind kind, std::string why = {}) const;
  RefreshOutcome store_told(const StoreError& error) const;
  void end(RefreshOutcome outcome);

  const GrantOptions& grant_;
  const RefreshOptions& options_;
  const KeeperTools& tools_;
  StoreJobs& jobs_;
  std::function<void()> saved_;

  bool busy_ = false;
  bool calling_ = false;
  RefreshRequest request_;
  Done done_;
  bool journaled_ = false;                  // the store holds a journal entry for the present pair
  std::optional<WallTime> unused_journal_;  // may be in the store, and no call has followed it
  std::optional<WallTime> lost_at_;
  std::optional<Instant> called_at_;
  Instant patience_;  // for somebody else's lock ends then
  int tries_ = 0;     // to get it
  std::unique_ptr<Timer> lock_timer_;

  std::optional<Instant> ours_until_;  // at least, the lock that was got; none: it never runs out
  std::unique_ptr<Timer> renew_timer_;

  TokenRefusal refusal_;  // invalid_grant, while it is doubted
  std::optional<Instant> doubted_until_;
  std::unique_ptr<Timer> look_timer_;
  Timer* waiting_ = nullptr;  // lock_timer_ or look_timer_, while that is what is waited for

  std::optional<StoredGrant> unsaved_;
  std::string unsaved_why_;
  int save_failures_ = 0;
  std::unique_ptr<Timer> save_timer_;
};

}  // namespace postern::grants
