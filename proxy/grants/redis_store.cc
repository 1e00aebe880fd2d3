#include "grants/redis_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/printable.h"
#include "base/text.h"
#include "grants/digest.h"
#include "grants/redis_scripts.h"
#include "redis/client.h"

namespace postern::grants {
namespace {

// How long an owner has to take back a lease that was lost with the data: longer than the client
// rests after a failure (a second) and the next renewal is away then (a quarter of one).
constexpr Duration kTakeBack = std::chrono::milliseconds(1500);

std::string milliseconds(Duration duration) {
  return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

uint64_t seconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

uint64_t number(const std::vector<std::string>& words, size_t index) {
  return index < words.size() ? text::parse_unsigned(words[index]).value_or(0) : 0;
}

}  // namespace

std::string redis_key(std::string_view prefix, std::string_view grant, std::string_view part) {
  return std::string(prefix) + ":{" + std::string(grant) + "}:" + std::string(part);
}

std::string redis_channel(std::string_view prefix, std::string_view grant) {
  return redis_key(prefix, grant, "changed");
}

// The lease as it stands in the database; empty: in name only.
class RedisStore::Lock final : public StoreLock {
 public:
  Lock(RedisStore& store, std::string grant, std::string lease, uint64_t generation)
      : store_(store),
        grant_(std::move(grant)),
        lease_(std::move(lease)),
        generation_(generation) {}
  ~Lock() override { store_.release(*this); }

  const std::string& grant() const override { return grant_; }
  const std::string& lease() const { return lease_; }
  uint64_t generation() const { return generation_; }
  void follow(uint64_t generation) const { generation_ = generation; }

 private:
  RedisStore& store_;
  std::string grant_;
  std::string lease_;
  mutable uint64_t generation_;  // of the record, as its owner has left it
};

RedisStore::RedisStore(std::unique_ptr<redis::Server> server, RedisStoreOptions options,
                       std::optional<Sealer> sealer, log::Logger* logger)
    : options_(std::move(options)),
      sealer_(std::move(sealer)),
      logger_(logger),
      owner_(base64url(random_bytes(12))),
      server_(std::move(server)) {}

RedisStore::~RedisStore() = default;

std::string RedisStore::where(std::string_view grant) const {
  return options_.place + ", key " + key(grant, "grant");
}

std::string RedisStore::key(std::string_view grant, std::string_view part) const {
  return redis_key(options_.prefix, grant, part);
}

// ----------------------------------------------------------------------------------------- reading

StoreResult<std::optional<StoredGrant>> RedisStore::load(std::string_view grant) {
  if (!is_store_name(grant)) return fail("not a name for a stored grant");
  MutexLock guard(mutex_);
  auto record = read(grant);
  if (!record) return tl::unexpected(record.error());
  auto stored = open(grant, *record);
  const Record& newest = seen_[std::string(grant)].newest;
  // What cannot be read may be somebody else's, however old it is.
  if (stored && newest.is_newer_than(*record)) {
    record = restore(grant, newest);
    if (!record) return tl::unexpected(record.error());
    stored = open(grant, *record);
  }
  if (!stored) return stored;
  tell_unsealed(grant, *record);
  note(grant, std::move(*record));
  return stored;
}

StoreResult<std::optional<StoredGrant>> RedisStore::open(std::string_view grant,
                                                         const Record& record) const {
  if (record.document.empty()) return std::optional<StoredGrant>();
  auto stored =
      read_record(sealer_, grant, {record.generation, record.document.reveal()}, where(grant));
  if (!stored) return tl::unexpected(stored.error());
  return std::optional<StoredGrant>(std::move(*stored));
}

StoreResult<RedisStore::Record> RedisStore::read(std::string_view grant) {
  auto words = run(grant, scripts::kLoad, {"grant"}, {});
  if (!words) return tl::unexpected(words.error());
  if (words->front() == "none") return Record{};
  if (words->front() != "record" || words->size() < 4) return unfit(grant, *words);
  Record record{number(*words, 1), number(*words, 2), Secret(std::move((*words)[3]))};
  if (std::max(record.generation, record.revision) > StoredGrant::kMostGeneration)
    return fail(where(grant) + " has generation " + (*words)[1] + ", revision " + (*words)[2] +
                ", which no number of refreshes comes to, so it is left as it is: bring it back "
                "from a backup of Redis, or remove the key and log in anew");
  seen_[std::string(grant)].last = record;
  return record;
}

// Once of each.
void RedisStore::tell_unsealed(std::string_view grant, const Record& record) {
  const std::string_view document = record.document.reveal();
  if (!sealer_ || logger_ == nullptr || document.empty() || Sealer::is_sealed(document)) return;
  if (std::exchange(seen_[std::string(grant)].told_unsealed, record.revision) == record.revision)
    return;
  logger_->warn("store_unsealed")
      .str("grant", grant)
      .str("detail", where(grant) +
                         " is not sealed, though store.key is set: it is from before that, or of "
                         "an instance without the key; the next refresh seals it");
}

// What is there afterwards: `newest`, or what somebody else has written meanwhile.
StoreResult<RedisStore::Record> RedisStore::restore(std::string_view grant, const Record& newest) {
  const std::string generation = std::to_string(newest.generation);
  auto words =
      run(grant, scripts::kRestore, {"grant", "lease"},
          {redis_channel(options_.prefix, grant), generation, std::to_string(newest.revision),
           newest.document.reveal(), milliseconds(kTakeBack)});
  if (!words) return tl::unexpected(words.error());
  if (words->front() == "refused") return read(grant);
  if (words->front() != "saved") return unfit(grant, *words);
  if (logger_ != nullptr)
    logger_->warn("store_restored")
        .str("grant", grant)
        .str("detail", where(grant) + " had lost generation " + generation +
                           ", which this instance remembered and has written again");
  Record record = newest;
  record.revision = number(*words, 1);
  return record;
}

void RedisStore::note(std::string_view grant, Record record) {
  Seen& seen = seen_[std::string(grant)];
  seen.last = record;
  if (record.is_newer_than(seen.newest)) seen.newest = std::move(record);
}

bool RedisStore::was_forgotten(std::string_view grant) const {
  MutexLock guard(mutex_);
  const auto found = seen_.find(grant);
  return found != seen_.end() && found->second.newest.generation > 0 &&
         found->second.newest.document.empty();
}

// The clock is ahead of all generations that count refreshes, so that no memory of an older pair
// overtakes what a person has decided.
uint64_t RedisStore::first_generation(std::string_view grant) const {
  MutexLock guard(mutex_);
  const auto found = seen_.find(grant);
  const uint64_t known = found == seen_.end() ? 0 : found->second.newest.generation;
  return std::max(known + 1, seconds_now());
}

// -------------------------------------------------------------------------------------- the lock

StoreResult<std::unique_ptr<StoreLock>> RedisStore::try_lock(std::string_view grant) {
  if (!is_store_name(grant)) return fail("not a name for a stored grant");
  MutexLock guard(mutex_);
  auto words = run(grant, scripts::kLock, {"grant", "lease", "fence"},
                   {owner_, milliseconds(options_.lease)});
  if (!words) return tl::unexpected(words.error());
  if (words->front() == "held") return std::unique_ptr<StoreLock>();
  if (words->front() != "taken" || words->size() < 3) return unfit(grant, *words);
  return std::unique_ptr<StoreLock>(
      std::make_unique<Lock>(*this, std::string(grant), std::move((*words)[1]), number(*words, 2)));
}

std::unique_ptr<StoreLock> RedisStore::lock_alone(std::string_view grant) {
  return std::make_unique<Lock>(*this, std::string(grant), std::string(), 0);
}

StoreResult<bool> RedisStore::renew(const StoreLock& lock, bool is_calling) {
  const Lock& mine = static_cast<const Lock&>(lock);
  if (mine.lease().empty()) return false;
  MutexLock guard(mutex_);
  auto words = run(mine.grant(), scripts::kRenew, {"grant", "lease"},
                   {mine.lease(), milliseconds(options_.lease), std::to_string(mine.generation()),
                    is_calling ? "calling" : ""});
  if (!words) return tl::unexpected(words.error());
  return words->front() == "held";
}

// One that cannot be given back runs out.
void RedisStore::release(const Lock& lock) {
  if (lock.lease().empty()) return;
  MutexLock guard(mutex_);
  auto words = run(lock.grant(), scripts::kRelease, {"lease"}, {lock.lease()});
  static_cast<void>(words);
}

// ----------------------------------------------------------------------------------------- writing

StoreResult<void> RedisStore::save(const StoreLock& lock, const StoredGrant& stored) {
  const Lock& mine = static_cast<const Lock&>(lock);
  const std::string& grant = mine.grant();
  auto document = write_document(sealer_, grant, stored);
  if (!document) return tl::unexpected(document.error());
  const bool is_step = stored.journal.has_value();
  MutexLock guard(mutex_);
  auto words = run(
      grant, scripts::kSave, {"grant", "lease"},
      {redis_channel(options_.prefix, grant), std::to_string(stored.generation), document->reveal(),
       is_step ? "step" : "pair", mine.lease(), milliseconds(options_.lease),
       std::to_string(seen_[grant].last.revision), milliseconds(kTakeBack)});
  if (!words) return tl::unexpected(words.error());
  if (words->front() == "refused")
    return fail_for_now("another process has written to " + where(grant) +
                        " meanwhile (generation " + std::to_string(number(*words, 1)) + ")");
  if (words->front() != "saved") return unfit(grant, *words);
  note(grant, {stored.generation, number(*words, 1), std::move(*document)});
  mine.follow(stored.generation);
  return reach_replicas(grant, is_step);
}

// A failover may lose what its replicas do not have. A pair is used all the same, for there is no
// other; a call that would use up the pair before it had better not be made yet.
StoreResult<void> RedisStore::reach_replicas(std::string_view grant, bool is_step) {
  if (options_.wait_replicas == 0) return {};
  auto answer = server_->call(
      redis::Command::wait(key(grant, "grant"), options_.wait_replicas, options_.wait));
  const int64_t reached = answer && answer->is_integer() ? answer->integer : 0;
  if (reached >= static_cast<int64_t>(options_.wait_replicas)) return {};
  std::string detail = where(grant) + " is on " + std::to_string(reached) + " of the " +
                       std::to_string(options_.wait_replicas) +
                       " replicas that store.redis.wait_replicas asks for";
  if (!answer) detail += ", as far as is known: " + answer.error().what;
  if (is_step) return fail_for_now(detail);
  if (logger_ != nullptr)
    logger_->warn("replicas_behind").str("grant", grant).str("detail", detail);
  return {};
}

Result<bool> RedisStore::forget(const StoreLock& lock) {
  const Lock& mine = static_cast<const Lock&>(lock);
  const std::string& grant = mine.grant();
  const std::string least = std::to_string(first_generation(grant));
  MutexLock guard(mutex_);
  auto words = run(grant, scripts::kForget, {"grant", "lease"},
                   {redis_channel(options_.prefix, grant), mine.lease(), least});
  if (!words) return tl::unexpected(words.error());
  if (words->front() == "lost")
    return fail("another process has become busy with " + where(grant) + "; try again");
  const bool was_there = words->front() == "forgotten";
  if (!was_there && words->front() != "none") return unfit(grant, *words);
  note(grant, {number(*words, 1), number(*words, 2), Secret()});
  static_cast<void>(reach_replicas(grant, false));  // tells, and does not fail
  return was_there;
}

Result<void> RedisStore::check_writable() {
  MutexLock guard(mutex_);
  auto words = run("probe", scripts::kProbe, {owner_}, {});
  if (!words) return tl::unexpected(words.error());
  return {};
}

// ----------------------------------------------------------------------------------- the database

StoreResult<RedisStore::Words> RedisStore::run(std::string_view grant, std::string_view script,
                                               const Views& parts, const Views& arguments) {
  std::vector<std::string> names;
  names.reserve(parts.size());
  for (const std::string_view part : parts) names.push_back(key(grant, part));
  const Views keys(names.begin(), names.end());
  auto answer = server_->call(redis::Command::eval(script, keys, arguments));
  if (!answer) return fail_for_now(std::move(answer.error().what));
  redis::Asker asker;
  asker.prefix = options_.prefix;
  asker.script = script;
  if (auto refusal = redis::refusal_of(*answer, options_.place, asker))
    return fail_for_now(std::move(refusal->what));
  const std::string shown = answer->shown();
  auto words = redis::texts_of(std::move(*answer));
  if (words && !words->empty()) return std::move(*words);
  return fail(options_.place + " answered to a script of Postern's for " + key(grant, "grant") +
              " with " + shown);
}

tl::unexpected<Error> RedisStore::unfit(std::string_view grant, const Words& words) const {
  const std::string what = words.size() > 1 ? text::printable(words[1], 100) : "";
  if (words.front() == "newer")
    return fail(where(grant) + " was written by a newer Postern (format " + what +
                "), which this one leaves as it is: run that version here as well");
  if (words.front() == "foreign")
    return fail(where(grant) + " is in use for something else (" + what +
                "), which is left as it is: set another store.redis.prefix, or remove it");
  if (words.front() == "uncounted")
    return fail(options_.place + ", key " + what +
                " counts locks and holds no count of Postern's, so nobody can refresh: remove it, "
                "and it begins anew");
  return fail(where(grant) +
              " is only half a record, which is left as it is: bring it back from a backup of "
              "Redis, or remove the key and log in anew");
}

}  // namespace postern::grants
