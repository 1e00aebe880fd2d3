#include "grants/kubernetes_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "grants/digest.h"
#include "kubernetes/objects.h"
#include "kubernetes/requests.h"

namespace postern::grants {
namespace {

// The Secret's other grants are written at the same time now and then.
constexpr int kMostTries = 5;

uint64_t seconds_of(WallTime time) {
  const auto since = time.time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

}  // namespace

class KubernetesStore::Lock final : public StoreLock {
 public:
  Lock(KubernetesStore& store, std::string grant, KubernetesLease::Fence fence)
      : store_(store), grant_(std::move(grant)), fence_(fence) {}
  ~Lock() override { store_.release(*this); }

  const std::string& grant() const override { return grant_; }
  KubernetesLease::Fence fence() const { return fence_; }  // 0: in name only

 private:
  KubernetesStore& store_;
  const std::string grant_;
  const KubernetesLease::Fence fence_;
};

KubernetesStore::KubernetesStore(std::unique_ptr<kubernetes::Server> server,
                                 KubernetesStoreOptions options, std::optional<Sealer> sealer,
                                 const Clock& clock)
    : options_(std::move(options)),
      sealer_(std::move(sealer)),
      clock_(clock),
      owner_(options_.holder + "_" + base64url(random_bytes(12))),
      server_(std::move(server)),
      lock_(*server_, options_.cluster, clock, owner_, options_.lease) {}

KubernetesStore::~KubernetesStore() = default;

std::string KubernetesStore::place() const {
  return "Secret " + options_.cluster.namespace_name + "/" + options_.cluster.secret;
}

std::string KubernetesStore::where(std::string_view grant) const {
  return place() + " at " + options_.cluster.server + ", key " + std::string(grant);
}

// ----------------------------------------------------------------------------------------- reading

StoreResult<std::optional<StoredGrant>> KubernetesStore::load(std::string_view grant) {
  if (!is_store_name(grant)) return fail("not a name for a stored grant");
  MutexLock guard(mutex_);
  auto found = read(grant);
  if (!found) return tl::unexpected(found.error());
  std::optional<StoredGrant> stored;
  const Record& record = found->record;
  if (!record.document.empty()) {
    auto parsed =
        read_record(sealer_, grant, {record.generation, record.document.reveal()}, where(grant));
    if (!parsed) return tl::unexpected(parsed.error());
    stored = std::move(*parsed);
  }
  seen_[std::string(grant)] = std::move(found->record);
  return stored;
}

StoreResult<KubernetesStore::Found> KubernetesStore::read(std::string_view grant) {
  auto reply = server_->call(kubernetes::get_secret(options_.cluster));
  if (!reply) return fail_for_now(reply.error().what);
  if (reply->status != kubernetes::kOk) return told(*reply);
  auto secret = kubernetes::parse_secret(reply->body.reveal());
  if (!secret) return fail("the " + place() + " is unusable: " + secret.error().what);
  const auto text = secret->data.find(grant);
  if (text == secret->data.end()) return Found{std::move(secret->resource_version), {}};
  auto record = parse_record(text->second.reveal());
  if (!record) return fail(where(grant) + " " + record.error().what);
  return Found{std::move(secret->resource_version), std::move(*record)};
}

bool KubernetesStore::was_forgotten(std::string_view grant) const {
  MutexLock guard(mutex_);
  const auto found = seen_.find(grant);
  return found != seen_.end() && found->second.generation > 0 && found->second.document.empty();
}

uint64_t KubernetesStore::first_generation(std::string_view grant) const {
  MutexLock guard(mutex_);
  return next_first(grant);
}

// The clock is ahead of all generations that count refreshes, so that no pair of one who was cut
// off overtakes what a person has decided.
uint64_t KubernetesStore::next_first(std::string_view grant) const {
  const auto found = seen_.find(grant);
  const uint64_t known = found == seen_.end() ? 0 : found->second.generation;
  return std::max(known + 1, seconds_of(clock_.wall()));
}

// --------------------------------------------------------------------------------------- the lock

StoreResult<std::unique_ptr<StoreLock>> KubernetesStore::try_lock(std::string_view grant) {
  if (!is_store_name(grant)) return fail("not a name for a stored grant");
  MutexLock guard(mutex_);
  auto fence = lock_.take();
  if (!fence) return tl::unexpected(fence.error());
  if (*fence == 0) return std::unique_ptr<StoreLock>();
  return std::unique_ptr<StoreLock>(std::make_unique<Lock>(*this, std::string(grant), *fence));
}

std::unique_ptr<StoreLock> KubernetesStore::lock_alone(std::string_view grant) {
  return std::make_unique<Lock>(*this, std::string(grant), 0);
}

StoreResult<bool> KubernetesStore::renew(const StoreLock& lock, bool /*is_calling*/) {
  MutexLock guard(mutex_);
  return lock_.renew(static_cast<const Lock&>(lock).fence());
}

void KubernetesStore::release(const Lock& lock) {
  MutexLock guard(mutex_);
  lock_.release(lock.fence());
}

// ----------------------------------------------------------------------------------------- writing

StoreResult<void> KubernetesStore::save(const StoreLock& lock, const StoredGrant& stored) {
  const Lock& mine = static_cast<const Lock&>(lock);
  auto document = write_document(sealer_, mine.grant(), stored);
  if (!document) return tl::unexpected(document.error());
  const Record next{stored.generation, std::move(*document)};
  MutexLock guard(mutex_);
  for (int i = 0; i < kMostTries; ++i) {
    auto saved = try_save(mine, next, stored.journal.has_value());
    if (!saved) return tl::unexpected(saved.error());
    if (*saved) return {};
  }
  return fail_for_now("the " + place() + " is being written by others all the time");
}

// False: somebody has come between.
StoreResult<bool> KubernetesStore::try_save(const Lock& lock, const Record& next, bool is_step) {
  const std::string& grant = lock.grant();
  auto found = read(grant);
  if (!found) return tl::unexpected(found.error());
  // It has been written before, and the answer got lost. A step goes on to a call, for which the
  // lock is to be made sure of each time.
  const bool is_there = found->record == next && !is_step;
  if (!is_there) {
    auto may = may_replace(lock, found->record, next, is_step);
    if (!may) return tl::unexpected(may.error());
    if (!*may)
      return fail_for_now("another process has written to " + where(grant) +
                          " meanwhile (generation " + std::to_string(found->record.generation) +
                          ")");
    auto written = write(grant, found->version, next);
    if (!written || !*written)
      return written ? StoreResult<bool>(false) : tl::unexpected(written.error());
  }
  seen_[grant] = next;
  return true;
}

// A pair that was obtained is never thrown away. A step towards a call, and what replaces a record
// of the same pair, are for the owner of the lease alone; the lease is renewed by that.
StoreResult<bool> KubernetesStore::may_replace(const Lock& lock, const Record& there,
                                               const Record& next, bool is_step) {
  const bool is_newer = next.generation > there.generation;
  if (is_newer && !is_step) return true;
  const auto seen = seen_.find(lock.grant());
  const bool is_as_read = seen != seen_.end() && seen->second == there;
  const bool follows = next.generation == there.generation && is_as_read;
  if (!is_newer && !follows) return false;
  return lock_.renew(lock.fence());
}

Result<bool> KubernetesStore::forget(const StoreLock& lock) {
  const Lock& mine = static_cast<const Lock&>(lock);
  const std::string& grant = mine.grant();
  MutexLock guard(mutex_);
  for (int i = 0; i < kMostTries; ++i) {
    auto held = lock_.renew(mine.fence());
    if (!held) return tl::unexpected(held.error());
    if (!*held) return fail("another process has become busy with " + where(grant) + "; try again");
    auto found = read(grant);
    if (!found) return tl::unexpected(found.error());
    const Record mark{std::max(next_first(grant), found->record.generation + 1), Secret()};
    auto written = write(grant, found->version, mark);
    if (!written) return tl::unexpected(written.error());
    if (*written) {
      seen_[grant] = mark;
      return !found->record.document.empty();
    }
  }
  return fail("the " + place() + " is being written by others all the time");
}

// False: the Secret is of another version by now.
StoreResult<bool> KubernetesStore::write(std::string_view grant, const std::string& version,
                                         const Record& record) {
  auto reply = server_->call(kubernetes::patch_secret(
      options_.cluster, kubernetes::format_secret_patch(version, std::string(grant),
                                                        format_record(record).reveal())));
  if (!reply) return fail_for_now(reply.error().what);
  if (reply->status == kubernetes::kConflict) return false;
  if (reply->status != kubernetes::kOk) return told(*reply);
  return true;
}

Result<void> KubernetesStore::check_writable() {
  MutexLock guard(mutex_);
  auto reply = server_->call(kubernetes::try_secret(options_.cluster));
  if (!reply) return fail(reply.error().what);
  if (reply->status != kubernetes::kOk) return fail(told(*reply).value().what);
  if (auto lease = lock_.check_writable(); !lease) return fail(lease.error().what);
  return {};
}

tl::unexpected<StoreError> KubernetesStore::told(const kubernetes::Reply& reply) const {
  if (reply.status == kubernetes::kNotFound)
    return fail_for_now("there is no " + place() + " at " + options_.cluster.server +
                        ": make it, empty, as deploy/kubernetes/README.md shows");
  return fail_for_now(options_.cluster.server + " did not take a change of the " + place() + " (" +
                      std::to_string(reply.status) +
                      "): " + kubernetes::message_of(reply.body.reveal()));
}

}  // namespace postern::grants
