// The store as records in a Redis or Valkey that several instances share: <prefix>:{<grant>}:grant,
// and beside it :lease and :fence, which make the lock. scripts/record.lua says what they are.
//
// A database may lose what it has acknowledged, so the store remembers the newest record that it
// has seen of each grant, and brings it back when an older one is found, or none. What cannot be
// understood (another type, a newer format, half a record) is never overwritten.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "grants/sealed_document.h"
#include "grants/store.h"
#include "redis/client.h"

namespace postern::grants {

struct RedisStoreOptions {
  std::string place;               // "redis://host:6379", for messages
  std::string prefix = "postern";  // of all keys
  Duration lease{};                // of a lock: longer than a refresh and its writing take
  uint32_t wait_replicas = 0;      // that must have what was written, before it is used
  Duration wait{};                 // for them
  Duration look_period = std::chrono::seconds(5);
};

// "postern:{acme}:grant": all keys of one grant share a hash tag.
std::string redis_key(std::string_view prefix, std::string_view grant, std::string_view part);
// What others publish to when a grant has changed: "postern:{acme}:changed".
std::string redis_channel(std::string_view prefix, std::string_view grant);

// The lock of a grant is one for all who share the store, this object's own included. `server` is
// called by one thread at a time, whichever calls the store.
class RedisStore final : public Store {
 public:
  // `logger` may be null; else it must outlive the store, as must locks not.
  RedisStore(std::unique_ptr<redis::Server> server, RedisStoreOptions options,
             std::optional<Sealer> sealer, log::Logger* logger);
  ~RedisStore() override;

  StoreResult<std::optional<StoredGrant>> load(std::string_view grant) override;
  StoreResult<std::unique_ptr<StoreLock>> try_lock(std::string_view grant) override;
  StoreResult<void> save(const StoreLock& lock, const StoredGrant& stored) override;
  Result<bool> forget(const StoreLock& lock) override;
  Result<void> check_writable() override;
  std::string where(std::string_view grant) const override;

  Duration lease() const override { return options_.lease; }
  StoreResult<bool> renew(const StoreLock& lock, bool is_calling) override;
  std::unique_ptr<StoreLock> lock_alone(std::string_view grant) override;
  bool was_forgotten(std::string_view grant) const override;
  uint64_t first_generation(std::string_view grant) const override;
  std::string owner() const override { return owner_; }
  Duration look_period() const override { return options_.look_period; }

 private:
  class Lock;
  struct Record {
    uint64_t generation = 0;
    uint64_t revision = 0;
    Secret document;  // empty: forgotten, or never there when the generation is 0

    bool is_newer_than(const Record& other) const {
      return generation > other.generation ||
             (generation == other.generation && revision > other.revision);
    }
  };
  struct Seen {
    Record last;                 // what is there, as far as is known
    Record newest;               // that could be read
    uint64_t told_unsealed = 0;  // revision that was said not to be sealed
  };
  using Words = std::vector<std::string>;
  using Views = std::vector<std::string_view>;

  std::string key(std::string_view grant, std::string_view part) const;
  StoreResult<Words> run(std::string_view grant, std::string_view script, const Views& parts,
                         const Views& arguments) REQUIRES_LOCK(mutex_);
  StoreResult<Record> read(std::string_view grant) REQUIRES_LOCK(mutex_);
  StoreResult<std::optional<StoredGrant>> open(std::string_view grant, const Record& record) const;
  StoreResult<Record> restore(std::string_view grant, const Record& newest) REQUIRES_LOCK(mutex_);
  void tell_unsealed(std::string_view grant, const Record& record) REQUIRES_LOCK(mutex_);
  void note(std::string_view grant, Record record) REQUIRES_LOCK(mutex_);
  StoreResult<void> reach_replicas(std::string_view grant, bool is_step) REQUIRES_LOCK(mutex_);
  void release(const Lock& lock);
  tl::unexpected<Error> unfit(std::string_view grant, const Words& words) const;

  const RedisStoreOptions options_;
  const std::optional<Sealer> sealer_;
  log::Logger* const logger_;
  const std::string owner_;
  mutable Mutex mutex_;
  std::unique_ptr<redis::Server> server_ GUARDED_BY(mutex_);
  std::map<std::string, Seen, std::less<>> seen_ GUARDED_BY(mutex_);
};

}  // namespace postern::grants
