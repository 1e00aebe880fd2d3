#include "grants/refresh.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "grants/schedule.h"

namespace postern::grants {
namespace {

// How long one who was cut off from a shared store while it refreshed may take to come back, or one
// who remembers a pair that the store has lost.
constexpr Duration kDoubt = std::chrono::seconds(10);
constexpr Duration kDoubtPause = std::chrono::milliseconds(500);
constexpr std::string_view kAgain = "refresh begun again";  // by another, whose time it keeps

}  // namespace

std::string_view to_string(RefreshOutcome::Kind kind) {
  switch (kind) {
    case RefreshOutcome::Kind::kObtained:
      return "obtained";
    case RefreshOutcome::Kind::kOther:
      return "other";
    case RefreshOutcome::Kind::kRefused:
      return "refused";
    case RefreshOutcome::Kind::kStoreTold:
      return "store_failed";
    case RefreshOutcome::Kind::kDeferred:
      return "deferred";
  }
  return "store_failed";
}

Refresh::Refresh(const GrantOptions& grant, const RefreshOptions& options, const KeeperTools& tools,
                 StoreJobs& jobs, std::function<void()> saved)
    : grant_(grant),
      options_(options),
      tools_(tools),
      jobs_(jobs),
      saved_(std::move(saved)),
      lock_timer_(tools.timers.make([this] { lock(); })),
      renew_timer_(tools.timers.make([this] { renew_lock(); })),
      look_timer_(tools.timers.make([this] { look_again(); })),
      save_timer_(tools.timers.make([this] { save_again(); })) {}

Refresh::~Refresh() {
  if (calling_) tools_.source->cancel();
}

void Refresh::start(RefreshRequest request, Done done) {
  assert(!busy_);
  busy_ = true;
  request_ = std::move(request);
  done_ = std::move(done);
  journaled_ = false;
  lost_at_.reset();
  called_at_.reset();
  doubted_until_.reset();
  tries_ = 0;
  patience_ = tools_.clock.now() + std::max(options_.timeout, jobs_.lease()) + kSpareForWriting;
  save_timer_->clear();  // what this refresh writes saves an unsaved pair as well
  lock();
}

// ---------------------------------------------------------------------------------- journal, call

void Refresh::write_journal() {
  const StoredGrant& present = request_.present;
  // Nothing is at stake when nothing is used up. One that is there is enough on a disk; a shared
  // store shows by writing it anew that the lock is ours, and that its replicas have it.
  const bool at_stake = !present.access_token.empty() && tools_.source->is_single_use(present);
  const bool is_shared = jobs_.lease() > Duration::zero();
  if (!at_stake || (journaled_ && !is_shared)) return call();
  const Instant asked_at = tools_.clock.now();
  StoredGrant marked = present;
  // An earlier entry tells more than a new one.
  marked.journal = JournalEntry{std::string(lost_at_ ? kAgain : kFirstStep),
                                lost_at_.value_or(tools_.clock.wall())};
  if (!lost_at_) unused_journal_ = marked.journal->at;
  save(std::move(marked), [this, asked_at](const StoreResult<void>& written) {
    journaled_ = journaled_ || written;
    if (written) keep_lock(asked_at);
    // The present token still serves: better to come back than to use up what cannot be replaced.
    if (!written && !request_.forced) return end(outcome(Kind::kDeferred, written.error().what));
    // A lock that can run out may have done so.
    if (!written && jobs_.lease() > Duration::zero()) return make_sure_of_lock();
    call();
  });
}

void Refresh::make_sure_of_lock() {
  const Instant asked_at = tools_.clock.now();
  jobs_.renew(false, [this, asked_at](const StoreResult<bool>& held) {
    if (!held) return on_store_away(held.error());
    if (!*held) return end(outcome(Kind::kStoreTold, "another process has taken the lock"));
    keep_lock(asked_at);
    call_unless_overtaken();
  });
}

// A pair is stored even by one who has lost the lock: it may be why nothing else could be.
void Refresh::call_unless_overtaken() {
  jobs_.load([this](StoreJobs::Loaded loaded) {
    if (!loaded) return on_store_away(loaded.error());
    if (is_other(loaded)) return end_with_other(std::move(loaded));
    call();
  });
}

void Refresh::call() {
  if (!lock_outlasts_call()) {
    if (tools_.clock.now() < patience_) return lock();
    return end(outcome(Kind::kStoreTold, "the store answers too slowly for a lock to last"));
  }
  calling_ = true;
  called_at_ = tools_.clock.now();
  tools_.source->refresh(request_.present, [this](TokenOutcome answer) {
    calling_ = false;
    const bool is_unused = !answer && answer.error().kind == TokenRefusal::Kind::kTransient;
    if (!is_unused) unused_journal_.reset();
    on_answer(std::move(answer));
  });
}

void Refresh::on_answer(TokenOutcome answer) {
  if (!answer) return on_refusal(std::move(answer.error()));
  std::string other = other_holder(request_.present, *answer);
  if (other.empty()) return keep(std::move(*answer));
  // Acting for somebody else is worse than not acting.
  RefreshOutcome refused = outcome(Kind::kRefused);
  refused.refusal = {TokenRefusal::Kind::kInvalidGrant, std::move(other), {}};
  end(std::move(refused));
}

void Refresh::on_refusal(TokenRefusal refusal) {
  if (refusal.kind == TokenRefusal::Kind::kInvalidGrant) {
    refusal_ = std::move(refusal);
    return look_again();
  }
  if (refusal.kind == TokenRefusal::Kind::kLost && tools_.source->is_single_use(request_.present)) {
    request_.lost = true;
    if (!lost_at_) lost_at_ = tools_.clock.wall();
  }
  RefreshOutcome refused = outcome(Kind::kRefused);
  refused.refusal = std::move(refusal);
  clear_journal(std::move(refused));
}

// The refresh token is not known, maybe because somebody without the lock has used it.
void Refresh::look_again() {
  waiting_ = nullptr;
  jobs_.load([this](StoreJobs::Loaded loaded) { on_looked_again(std::move(loaded)); });
}

void Refresh::on_looked_again(StoreJobs::Loaded loaded) {
  if (is_other(loaded)) return end_with_other(std::move(loaded));
  const Instant now = tools_.clock.now();
  const bool is_shared = jobs_.lease() > Duration::zero();
  if (!doubted_until_) doubted_until_ = is_shared ? now + kDoubt : now;
  if (now < *doubted_until_) {
    waiting_ = look_timer_.get();
    return look_timer_->set(now + kDoubtPause);
  }
  if (!loaded) return end(store_told(loaded.error()));
  RefreshOutcome refused = outcome(Kind::kRefused);
  refused.refusal = std::move(refusal_);
  clear_journal(std::move(refused));
}

// A refresh that has not been processed leaves nothing to be explained after a crash. One whose
// answer may be lost does.
void Refresh::clear_journal(RefreshOutcome outcome) {
  if (!journaled_ || request_.lost) return end(std::move(outcome));
  auto kept = std::make_shared<RefreshOutcome>(std::move(outcome));
  StoredGrant plain = request_.present;
  plain.journal.reset();
  save(std::move(plain), [this, kept](const StoreResult<void>& written) {
    if (!written) tools_.logger.warn("journal_kept").str("grant", grant_.name);
    end(std::move(*kept));
  });
}

// ------------------------------------------------------------------------------------------- save

void Refresh::keep(TokenAnswer answer) {
  const Instant now = tools_.clock.now();
  RefreshOutcome obtained;
  obtained.kind = Kind::kObtained;
  obtained.called_at = called_at_;
  obtained.sent_at = answer.sent_at == Instant{} ? now : answer.sent_at;
  const WallTime sent = tools_.clock.wall() - (now - obtained.sent_at);
  obtained.why = std::move(answer.flaw);
  const bool is_half = answer.access_token.empty();
  obtained.stored = renew(request_.present, std::move(answer), grant_, sent);
  if (is_half) obtained.why += "; its refresh token is kept for the next try";
  if (obtained.stored.expires_at) obtained.lifetime = *obtained.stored.expires_at - sent;
  auto kept = std::make_shared<RefreshOutcome>(std::move(obtained));
  save(kept->stored, [this, kept](const StoreResult<void>& written) {
    if (!written) {
      unsaved_ = kept->stored;
      unsaved_why_ = written.error().what;
    }
    end(std::move(*kept));
  });
}

// Whatever is written holds the newest pair, so success saves an unsaved one too.
void Refresh::save(StoredGrant stored, std::function<void(const StoreResult<void>&)> next) {
  jobs_.save(std::move(stored), [this, next = std::move(next)](const StoreResult<void>& written) {
    const bool recovered = written && unsaved_;
    if (written) {
      forget_unsaved();
    } else {
      ++save_failures_;
    }
    if (recovered) saved_();
    next(written);
  });
}

void Refresh::save_again() {
  if (busy_ || !unsaved_) return;
  save(*unsaved_, [this](const StoreResult<void>& written) {
    if (busy_) return;  // a refresh began meanwhile: it sees to the lock
    if (written) return release_lock();
    on_unsaved_still(written.error().what);
  });
}

void Refresh::save_soon() {
  if (unsaved_ && !busy_) save_timer_->set_soon();
}

// Has it been written after all, or has somebody come between?
void Refresh::on_unsaved_still(std::string why) {
  jobs_.load([this, why = std::move(why)](const StoreJobs::Loaded& loaded) {
    if (busy_ || !unsaved_) return;
    const bool is_there = loaded && *loaded && (*loaded)->generation >= unsaved_->generation;
    if (is_there || loaded.was_forgotten) {
      const bool is_saved = is_there && (*loaded)->access_token == unsaved_->access_token;
      forget_unsaved();
      if (is_saved) saved_();
      return release_lock();
    }
    unsaved_why_ = why;
    save_timer_->set(tools_.clock.now() +
                     backoff(save_failures_, options_, std::nullopt, tools_.random()));
  });
}

void Refresh::forget_unsaved() {
  unsaved_.reset();
  unsaved_why_.clear();
  save_failures_ = 0;
}

// -------------------------------------------------------------------------------------------- end

RefreshOutcome Refresh::outcome(Kind kind, std::string why) const {
  RefreshOutcome made;
  made.kind = kind;
  made.why = std::move(why);
  made.called_at = called_at_;
  made.lost = request_.lost;
  made.lost_at = lost_at_;
  return made;
}

RefreshOutcome Refresh::store_told(const StoreError& error) const {
  RefreshOutcome told = outcome(Kind::kStoreTold, error.what);
  told.passes = error.passes;
  return told;
}

void Refresh::end(RefreshOutcome outcome) {
  busy_ = false;
  waiting_ = nullptr;
  request_.present = {};
  if (unsaved_) {
    save_timer_->set(tools_.clock.now() +
                     backoff(save_failures_, options_, std::nullopt, tools_.random()));
  }
  Done done = std::move(done_);
  done(std::move(outcome));
  // After the new pair is in use. A refresh begun by `done` has asked for the lock again already.
  if (!unsaved_ && !busy_) release_lock();
}

}  // namespace postern::grants
