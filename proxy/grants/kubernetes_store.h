// The store as a Secret in Kubernetes that several instances share, one key for each grant; and a
// Lease beside it, which makes the lock. kubernetes_record.h says what is under a key.
//
// What was acknowledged is never lost there, so nothing is ever brought back from memory. A change
// names the version of the Secret that it was made from, and is refused when there is a newer one.
// What cannot be understood (foreign, of a newer format, half a record) is never overwritten.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "grants/kubernetes_lease.h"
#include "grants/kubernetes_record.h"
#include "grants/sealed_document.h"
#include "grants/store.h"
#include "kubernetes/options.h"
#include "kubernetes/server.h"

namespace postern::grants {

struct KubernetesStoreOptions {
  kubernetes::Options cluster;  // with everything filled in
  std::string holder;           // what the Lease calls this process, before something random
  Duration lease{};             // of a lock: longer than a refresh and its writing take
  Duration look_period = std::chrono::seconds(10);
};

// The lock is one for all grants of a process. `server` is called by one thread at a time,
// whichever calls the store.
class KubernetesStore final : public Store {
 public:
  // `clock` must outlive the store, as must locks not.
  KubernetesStore(std::unique_ptr<kubernetes::Server> server, KubernetesStoreOptions options,
                  std::optional<Sealer> sealer, const Clock& clock);
  ~KubernetesStore() override;

  StoreResult<std::optional<StoredGrant>> load(std::string_view grant) override;
  StoreResult<std::unique_ptr<StoreLock>> try_lock(std::string_view grant) override;
  StoreResult<void> save(const StoreLock& lock, const StoredGrant& stored) override;
  Result<bool> forget(const StoreLock& lock) override;
  Result<void> check_writable() override;
  std::string where(std::string_view grant) const override;

  Duration lease() const override { return options_.lease; }
  StoreResult<bool> renew(const StoreLock& lock, bool is_calling) override;
  std::unique_ptr<StoreLock> lock_alone(std::string_view grant) override;
  std::string owner() const override { return owner_; }
  bool was_forgotten(std::string_view grant) const override;
  uint64_t first_generation(std::string_view grant) const override;
  Duration look_period() const override { return options_.look_period; }

 private:
  class Lock;
  struct Found {
    std::string version;  // of the Secret
    Record record;
  };

  StoreResult<Found> read(std::string_view grant) REQUIRES_LOCK(mutex_);
  StoreResult<bool> write(std::string_view grant, const std::string& version, const Record& record)
      REQUIRES_LOCK(mutex_);
  StoreResult<bool> try_save(const Lock& lock, const Record& next, bool is_step)
      REQUIRES_LOCK(mutex_);
  StoreResult<bool> may_replace(const Lock& lock, const Record& there, const Record& next,
                                bool is_step) REQUIRES_LOCK(mutex_);
  uint64_t next_first(std::string_view grant) const REQUIRES_LOCK(mutex_);
  void release(const Lock& lock);
  std::string place() const;
  tl::unexpected<StoreError> told(const kubernetes::Reply& reply) const;

  const KubernetesStoreOptions options_;
  const std::optional<Sealer> sealer_;
  const Clock& clock_;
  const std::string owner_;  // as the Lease names it
  mutable Mutex mutex_;
  const std::unique_ptr<kubernetes::Server> server_;
  KubernetesLease lock_ GUARDED_BY(mutex_);
  std::map<std::string, Record, std::less<>> seen_ GUARDED_BY(mutex_);  // as it was last
};

}  // namespace postern::grants
