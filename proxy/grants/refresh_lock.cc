// The part of Refresh that gets the lock, reads the store under it, and keeps it.
#include <algorithm>
#include <chrono>
#include <utility>

#include "grants/refresh.h"

namespace postern::grants {
namespace {

constexpr Duration kFirstLockPause = std::chrono::milliseconds(50);
constexpr int kMostLockDoublings = 4;
// Often enough to take a lock back that a store has lost with its data.
constexpr Duration kLongestRenewal = std::chrono::seconds(1);
// After a failure: the store may be back, and its lock be somebody else's soon.
constexpr Duration kRenewalRetry = std::chrono::milliseconds(250);

bool is_empty(const StoredGrant& stored) {
  return stored.access_token.empty();
}

bool same_pair(const StoredGrant& a, const StoredGrant& b) {
  return a.generation == b.generation && a.access_token == b.access_token &&
         a.refresh_token == b.refresh_token;
}

}  // namespace

void Refresh::lock() {
  waiting_ = nullptr;
  const Instant asked_at = tools_.clock.now();
  jobs_.lock_and_load([this, asked_at](StoreJobs::Locked locked) {
    if (locked.held && *locked.held) keep_lock(asked_at);
    on_locked(std::move(locked));
  });
}

void Refresh::on_locked(StoreJobs::Locked locked) {
  // Without the lock another process may be using up the same refresh token at this moment.
  if (!locked.held) return on_store_away(locked.held.error());
  if (is_other(locked.loaded)) return end_with_other(std::move(locked.loaded));
  if (!*locked.held) return wait_for_lock();
  if (!locked.loaded) return on_store_away(locked.loaded.error());
  // The lock is ours, so whoever has written a journal is gone without having ended, or was cut off
  // from the store.
  const std::optional<StoredGrant>& stored = *locked.loaded;
  if (!unsaved() && !journaled_ && stored && stored->journal) {
    journaled_ = true;
    if (!is_unused(*stored->journal)) {
      request_.lost = true;
      lost_at_ = stored->journal->at;
    }
  }
  if (is_empty(request_.present)) request_.present.generation = locked.first_generation - 1;
  write_journal();
}

// Nobody can be asked whether another process refreshes. When nothing else would keep the grant
// alive, the policy decides which risk is the lesser one.
void Refresh::on_store_away(const StoreError& error) {
  const bool may_go_alone = error.passes && request_.forced && tools_.may_refresh_alone;
  if (!may_go_alone) return end(store_told(error));
  jobs_.lock_alone([this, why = error.what](bool has_lock) {
    if (!has_lock) return end(outcome(Kind::kStoreTold, why));
    tools_.logger.warn("refresh_alone").str("grant", grant_.name).str("detail", why);
    ours_until_.reset();
    call();
  });
}

void Refresh::end_with_other(StoreJobs::Loaded loaded) {
  if (unsaved()) forget_unsaved();  // somebody has come between
  RefreshOutcome other = outcome(Kind::kOther);
  other.loaded = std::move(loaded);
  end(std::move(other));
}

bool Refresh::is_other(const StoreJobs::Loaded& loaded) const {
  if (!loaded) return false;
  const bool is_there = loaded->has_value();
  // What is in memory only is newer than what could be stored, while the lock has been ours.
  if (unsaved())
    return loaded.was_forgotten || (is_there && (*loaded)->generation > unsaved_->generation);
  if (!is_there) return !is_empty(request_.present);
  return !same_pair(**loaded, request_.present);
}

// Ours, of a try that seemed not to have written it, and so made no call. Documents have
// microseconds.
bool Refresh::is_unused(const JournalEntry& journal) const {
  using std::chrono::microseconds;
  return unused_journal_ && journal.step == kFirstStep &&
         std::chrono::floor<microseconds>(*unused_journal_) ==
             std::chrono::floor<microseconds>(journal.at);
}

void Refresh::wait_for_lock() {
  const Instant now = tools_.clock.now();
  if (now >= patience_) {
    return end(outcome(Kind::kStoreTold,
                       "another process has held the lock of the stored grant for too long"));
  }
  // Ours has run out meanwhile. The other process must not refresh with a pair that is used up.
  if (unsaved()) save(*unsaved_, [](const StoreResult<void>&) {});
  const Duration pause = kFirstLockPause * (1 << std::min(tries_++, kMostLockDoublings));
  const double spread = 0.5 + tools_.random() / 2;
  waiting_ = lock_timer_.get();
  lock_timer_->set(
      now + Duration(static_cast<Duration::rep>(static_cast<double>(pause.count()) * spread)));
}

void Refresh::hurry() {
  if (waiting_ != nullptr && jobs_.lease() > Duration::zero()) waiting_->set_soon();
}

// -------------------------------------------------------------------------------- while it is ours

// `asked_at`: when the store was asked for what it granted; it lasts from no earlier than that.
void Refresh::keep_lock(Instant asked_at) {
  if (jobs_.lease() == Duration::zero()) return;
  ours_until_ = asked_at + jobs_.lease();
  renew_timer_->set(tools_.clock.now() + std::min(jobs_.lease() / 3, kLongestRenewal));
}

// A process may have been stopped since it got the lock, for longer than that lasts.
bool Refresh::lock_outlasts_call() const {
  return !ours_until_ || tools_.clock.now() + options_.timeout < *ours_until_;
}

void Refresh::renew_lock() {
  const Instant asked_at = tools_.clock.now();
  // One that was lost with the store's memory is taken back for the call under way, while it lasts.
  const bool is_needed = calling_ && ours_until_ && asked_at < *ours_until_;
  jobs_.renew(is_needed, [this, asked_at](const StoreResult<bool>& held) {
    if (!ours_until_) return;
    // One that could not be renewed just now may still be ours.
    if (!held) return renew_timer_->set(tools_.clock.now() + kRenewalRetry);
    if (*held) return keep_lock(asked_at);
    ours_until_ = tools_.clock.now();
    tools_.logger.warn("lock_lost").str("grant", grant_.name);
  });
}

void Refresh::release_lock() {
  ours_until_.reset();
  renew_timer_->clear();
  jobs_.unlock();
}

}  // namespace postern::grants
