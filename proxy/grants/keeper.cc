#include "grants/keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "grants/timestamp.h"

namespace postern::grants {
namespace {

// Between the clocks of machines that share a store: more than NTP leaves.
constexpr Duration kClockDifference = std::chrono::seconds(30);

// A store that could not be asked, if that is sooner than it would be read anyway.
constexpr Duration kLookAgain = std::chrono::seconds(1);

bool is_empty(const StoredGrant& stored) {
  return stored.access_token.empty();
}

}  // namespace

Keeper::Keeper(Grant& grant, const RefreshOptions& options, KeeperTools tools)
    : grant_(grant),
      options_(options),
      tools_(std::move(tools)),
      jobs_(tools_.background, tools_.store, grant.options().name),
      poll_timer_(tools_.timers.make([this] { look(); })),
      wake_timer_(tools_.timers.make([this] { on_wake(); })),
      hold_timer_(tools_.timers.make([this] { grant_.hold(false); })) {
  if (tools_.source != nullptr) {
    refresh_ = std::make_unique<Refresh>(grant.options(), options_, tools_, jobs_, [this] {
      tools_.logger.info("store_written").str("grant", grant_.options().name);
    });
  }
  grant_.attach(*this);
}

Keeper::~Keeper() {
  grant_.detach();
}

void Keeper::start() {
  started_ = true;
  poll_timer_->set(next_look());
  schedule();
}

// A pair obtained early may be one that cannot be stored any more.
void Keeper::stop_renewing() {
  renewing_ = false;
  if (phase_ == Phase::kHolding) {
    phase_ = Phase::kIdle;
    held_at_.reset();
    grant_.hold(false);
  }
  schedule();
  grant_.settle();  // who waits for a next try: there is none
}

bool Keeper::busy() const {
  return refresh_ != nullptr && (refresh_->busy() || unsaved());
}

// -------------------------------------------------------------------------------------- the store

void Keeper::load_now() {
  adopt_loaded(tools_.store.load(grant_.options().name));
  look_for_crash();
}

// A journal without anyone who holds the lock: a refresh was begun, and its answer, if there was
// one, never reached the store.
void Keeper::look_for_crash() {
  if (!present_.journal || !refreshable() || !tools_.source->is_single_use(present_)) return;
  auto lock = tools_.store.try_lock(grant_.options().name);
  if (!lock || *lock == nullptr) return;
  adopt_loaded(tools_.store.load(grant_.options().name));
  if (!present_.journal) return;
  lost_ = true;
  lost_at_ = present_.journal->at;
  due_at_ = tools_.clock.now();  // whether the pair still works had better be known at once
  const std::string text = lost_text() + "; if it is, " + remedy();
  note(text);
  tools_.logger.error("refresh_interrupted")
      .str("grant", grant_.options().name)
      .str("detail", text);
}

// Soon, where nobody may tell that it can be asked again.
Instant Keeper::next_look() const {
  const Duration period = tools_.store.look_period();
  return tools_.clock.now() + (is_away_ ? std::min(period, kLookAgain) : period);
}

void Keeper::look(std::function<void()> then) {
  if (then) asked_.push_back(std::move(then));
  if (is_reading_)
    reads_again_ = true;
  else
    read_store();
}

// Who asks from now on may have been written to behind what is read.
void Keeper::read_store() {
  is_reading_ = true;
  reads_again_ = false;
  jobs_.load([this, asked = std::exchange(asked_, {})](const StoreJobs::Loaded& loaded) {
    on_read(loaded);
    is_reading_ = false;
    if (reads_again_) read_store();
    for (const auto& then : asked) then();
  });
}

void Keeper::on_read(const StoreJobs::Loaded& loaded) {
  const bool was_away = std::exchange(is_away_, !loaded && loaded.error().passes);
  // A refresh reads the store itself; and a pair that could not be written is newer than it. One
  // that waits is told only now, for its last try may have been under way, and come too early.
  if (!busy()) {
    adopt_loaded(loaded);
  } else {
    refresh_->hurry();
    if (loaded && was_away) refresh_->save_soon();
  }
  poll_timer_->set(next_look());
}

void Keeper::adopt_loaded(const StoreJobs::Loaded& loaded) {
  const GrantOptions& options = grant_.options();
  is_away_ = !loaded && loaded.error().passes;
  // What cannot be read leaves the token in memory as it is: a grant is never lost to a bad disk.
  if (!loaded && loaded.error().passes) {
    grant_.set_trouble(loaded.error().what, true);
    return say(log::Level::kWarn, "store_unreachable", loaded.error().what);
  }
  if (!loaded) {
    const std::string why = loaded.error().what + "; " + repair(options);
    grant_.set_trouble(loaded.error().what);
    return say(log::Level::kError, "store_unreadable", why);
  }
  end_rest_for_store();
  if (!*loaded) {
    foreign_ = false;
    grant_.set_trouble("");
    const bool obtains = refresh_ != nullptr && tools_.source->can_refresh({});
    say(log::Level::kWarn, "grant_missing",
        "no token in " + tools_.store.where(options.name) +
            (obtains ? "; Sentry is asked for the first one" : "; " + remedy()));
    return adopt_nothing();
  }
  const StoredGrant& stored = **loaded;
  if (stored.sentry != options.sentry_url) {
    foreign_ = true;
    const std::string why = "the stored token is for " + stored.sentry + ", not for " +
                            options.sentry_url + " as sentry.url says";
    say(log::Level::kError, "grant_foreign", why + "; " + repair(options));
    adopt_nothing();
    return grant_.set_trouble(why);
  }
  foreign_ = false;
  say(log::Level::kInfo, "grant_ready", "generation " + std::to_string(stored.generation));
  adopt_stored(stored);
}

void Keeper::adopt_stored(const StoredGrant& stored) {
  // The generation alone would miss a backup that was put back.
  const bool same = present_.generation == stored.generation &&
                    present_.access_token == stored.access_token &&
                    present_.refresh_token == stored.refresh_token;
  if (same) {
    present_ = stored;  // what is known about it may have changed
    grant_.set_identity(stored.organization.id, stored.user.id);
    return;
  }
  failures_ = 0;
  warn_of_clock(stored);
  use(stored, make_token(stored, tools_.clock));
}

// Nobody has stored a pair in the future.
void Keeper::warn_of_clock(const StoredGrant& stored) {
  const Duration ahead = stored.obtained_at - tools_.clock.wall();
  if (ahead < kClockDifference) return;
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(ahead).count();
  tools_.logger.warn("clock_differs")
      .str("grant", grant_.options().name)
      .str("detail", "by the clock of this machine generation " +
                         std::to_string(stored.generation) + " was stored some " +
                         std::to_string(minutes) +
                         " minutes in the future: set the clocks of all machines that share the "
                         "store (NTP), or tokens are refreshed that much too early or too late");
}

void Keeper::adopt_nothing() {
  if (is_empty(present_)) return;
  use({}, nullptr);
}

// The one place where the token in memory changes. Requests that waited go on from in here, and may
// ask for a refresh; so what is known of the old token is forgotten first.
void Keeper::use(StoredGrant stored, std::shared_ptr<const Token> token, Instant retry_at) {
  present_ = std::move(stored);
  plan_.reset();
  due_at_.reset();
  retry_at_ = retry_at;
  held_at_.reset();
  lost_ = false;
  lost_at_.reset();
  refresh_trouble_.reset();
  phase_ = Phase::kIdle;
  if (token != nullptr && token->dies_at) {
    plan_ = plan_refresh(*token, options_, tools_.random());
    due_at_ = plan_->first_hold;
  }
  hold_timer_->clear();
  grant_.set_identity(present_.organization.id, present_.user.id);
  grant_.adopt(std::move(token));
  schedule();
}

// ------------------------------------------------------------------------------------------ words

// Called once a second with what the store holds; said when it is news.
void Keeper::say(log::Level level, std::string_view event, const std::string& text) {
  if (level == log::Level::kInfo) {
    store_trouble_.reset();
  } else if (!store_trouble_ || store_trouble_->text != text) {
    store_trouble_ = Trouble{text, tools_.clock.wall()};
  }
  if (said_ == text) return;
  said_ = text;
  tools_.logger.line(level, event).str("grant", grant_.options().name).str("detail", text);
}

void Keeper::note(std::string text) {
  refresh_trouble_ = Trouble{std::move(text), tools_.clock.wall()};
}

std::string Keeper::lost_text() const {
  std::string when = lost_at_ ? " at " + format_timestamp(*lost_at_) : "";
  return "a refresh was begun" + when +
         ", and its answer did not reach the store: if Sentry had given a new pair of tokens by "
         "then, it is lost, and the stored pair is dead";
}

KeeperStatus Keeper::status() const {
  KeeperStatus status;
  status.state = grant_.state();
  status.generation = present_.generation;
  status.organization = present_.organization;
  if (status.organization.slug.empty()) status.organization.slug = grant_.options().organization;
  status.user = present_.user;
  status.scopes = present_.scopes;
  if (present_.generation > 0) status.obtained_at = present_.obtained_at;
  status.expires_at = present_.expires_at;
  if (auto next = due(); next && phase_ != Phase::kWorking) {
    const Instant now = tools_.clock.now();
    status.next_refresh = tools_.clock.wall() + (std::max(*next, now) - now);
  }
  const std::optional<Trouble>& trouble = refresh_trouble_ ? refresh_trouble_ : store_trouble_;
  if (trouble) {
    status.last_error = trouble->text;
    status.last_error_at = trouble->at;
  }
  status.stored = !unsaved();
  if (!status.stored) {
    status.last_error = "the new pair of tokens cannot be stored: " + refresh_->unsaved_why();
  }
  const bool without = grant_.token() == nullptr || grant_.token()->expired(tools_.clock.now());
  status.usable = !without && !is_dead() && grant_.state() != GrantState::kRevoked;
  const bool may_come = refreshable() || grant_.state() == GrantState::kUnknown;
  status.needs_person = grant_.state() == GrantState::kRevoked || (without && !may_come);
  status.where = tools_.store.where(grant_.options().name);
  status.refreshes = refreshes_;
  status.outcomes = outcomes_;
  return status;
}

}  // namespace postern::grants
