#include "grants/refresh.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "grants/schedule.h"

namespace postern::grants {
namespace {

// Another process that refreshes needs one call to the endpoint and two writes.
constexpr Duration kSpareForWriting = std::chrono::seconds(5);
constexpr Duration kFirstLockPause = std::chrono::milliseconds(50);
constexpr int kMostLockDoublings = 4;
constexpr std::string_view kStep = "refresh begun";

bool is_empty(const StoredGrant& stored) {
  return stored.access_token.empty();
}

bool same_pair(const StoredGrant& a, const StoredGrant& b) {
  return a.generation == b.generation && a.access_token == b.access_token &&
         a.refresh_token == b.refresh_token;
}

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
  tries_ = 0;
  patience_ = tools_.clock.now() + options_.timeout + kSpareForWriting;
  save_timer_->clear();  // what this refresh writes saves an unsaved pair as well
  lock();
}

// ------------------------------------------------------------------------------- lock and re-read

void Refresh::lock() {
  jobs_.lock_and_load([this](StoreJobs::Locked locked) { on_locked(std::move(locked)); });
}

void Refresh::on_locked(StoreJobs::Locked locked) {
  // Without the lock another process may be using up the same refresh token at this moment.
  if (!locked.held) return end(outcome(Kind::kStoreTold, locked.held.error().what));
  if (is_other(locked.loaded)) {
    RefreshOutcome other = outcome(Kind::kOther);
    other.loaded = std::move(locked.loaded);
    return end(std::move(other));
  }
  if (!*locked.held) return wait_for_lock();
  if (!locked.loaded) return end(outcome(Kind::kStoreTold, locked.loaded.error().what));
  // The lock is ours, so whoever has written a journal is gone without having ended.
  const std::optional<StoredGrant>& stored = *locked.loaded;
  if (!unsaved() && stored && stored->journal) {
    journaled_ = true;
    request_.lost = true;
    lost_at_ = stored->journal->at;
  }
  write_journal();
}

bool Refresh::is_other(const StoreJobs::Loaded& loaded) const {
  // What is in memory only is newer than what could be stored, and the lock has been ours since.
  if (!loaded || unsaved()) return false;
  if (!*loaded) return !is_empty(request_.present);
  return !same_pair(**loaded, request_.present);
}

void Refresh::wait_for_lock() {
  const Instant now = tools_.clock.now();
  if (now >= patience_) {
    return end(outcome(Kind::kStoreTold,
                       "another process has held the lock of the stored grant for too long"));
  }
  const Duration pause = kFirstLockPause * (1 << std::min(tries_++, kMostLockDoublings));
  const double spread = 0.5 + tools_.random() / 2;
  lock_timer_->set(
      now + Duration(static_cast<Duration::rep>(static_cast<double>(pause.count()) * spread)));
}

// ---------------------------------------------------------------------------------- journal, call

void Refresh::write_journal() {
  // Nothing is at stake when nothing is used up; and an earlier entry tells more than a new one.
  const StoredGrant& present = request_.present;
  bool at_stake = !is_empty(present) && tools_.source->is_single_use(present);
  if (!at_stake || journaled_) return call();
  StoredGrant marked = present;
  marked.journal = JournalEntry{std::string(kStep), tools_.clock.wall()};
  save(std::move(marked), [this](const Result<void>& written) {
    journaled_ = written.has_value();
    // The present token still serves: better to come back than to use up what cannot be replaced.
    if (!written && !request_.forced) return end(outcome(Kind::kDeferred, written.error().what));
    call();
  });
}

void Refresh::call() {
  calling_ = true;
  called_at_ = tools_.clock.now();
  tools_.source->refresh(request_.present, [this](TokenOutcome answer) {
    calling_ = false;
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
  if (refusal.kind == TokenRefusal::Kind::kInvalidGrant) return look_again(std::move(refusal));
  if (refusal.kind == TokenRefusal::Kind::kLost && tools_.source->is_single_use(request_.present)) {
    request_.lost = true;
    if (!lost_at_) lost_at_ = tools_.clock.wall();
  }
  RefreshOutcome refused = outcome(Kind::kRefused);
  refused.refusal = std::move(refusal);
  clear_journal(std::move(refused));
}

// The refresh token is not known, maybe because somebody without the lock has used it.
void Refresh::look_again(TokenRefusal refusal) {
  jobs_.load([this, refusal = std::move(refusal)](StoreJobs::Loaded loaded) {
    if (!loaded) return end(outcome(Kind::kStoreTold, loaded.error().what));
    if (is_other(loaded)) {
      RefreshOutcome other = outcome(Kind::kOther);
      other.loaded = std::move(loaded);
      return end(std::move(other));
    }
    RefreshOutcome refused = outcome(Kind::kRefused);
    refused.refusal = refusal;
    clear_journal(std::move(refused));
  });
}

// A refresh that has not been processed leaves nothing to be explained after a crash. One whose
// answer may be lost does.
void Refresh::clear_journal(RefreshOutcome outcome) {
  if (!journaled_ || request_.lost) return end(std::move(outcome));
  auto kept = std::make_shared<RefreshOutcome>(std::move(outcome));
  StoredGrant plain = request_.present;
  plain.journal.reset();
  save(std::move(plain), [this, kept](const Result<void>& written) {
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
  save(kept->stored, [this, kept](const Result<void>& written) {
    if (!written) {
      unsaved_ = kept->stored;
      unsaved_why_ = written.error().what;
    }
    end(std::move(*kept));
  });
}

// Whatever is written holds the newest pair, so success saves an unsaved one too.
void Refresh::save(StoredGrant stored, std::function<void(const Result<void>&)> next) {
  jobs_.save(std::move(stored), [this, next = std::move(next)](const Result<void>& written) {
    const bool recovered = written && unsaved_;
    if (written) {
      unsaved_.reset();
      unsaved_why_.clear();
      save_failures_ = 0;
    } else {
      ++save_failures_;
    }
    if (recovered) saved_();
    next(written);
  });
}

void Refresh::save_again() {
  if (busy_ || !unsaved_) return;
  save(*unsaved_, [this](const Result<void>& written) {
    if (busy_) return;  // a refresh began meanwhile: it sees to the lock
    if (written) return jobs_.unlock();
    unsaved_why_ = written.error().what;
    save_timer_->set(tools_.clock.now() +
                     backoff(save_failures_, options_, std::nullopt, tools_.random()));
  });
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

void Refresh::end(RefreshOutcome outcome) {
  busy_ = false;
  request_.present = {};
  if (unsaved_) {
    save_timer_->set(tools_.clock.now() +
                     backoff(save_failures_, options_, std::nullopt, tools_.random()));
  }
  Done done = std::move(done_);
  done(std::move(outcome));
  // After the new pair is in use. A refresh begun by `done` has asked for the lock again already.
  if (!unsaved_ && !busy_) jobs_.unlock();
}

}  // namespace postern::grants
