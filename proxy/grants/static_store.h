// StaticStore: a token that Postern only reads: a personal, organization or internal-integration
// token from a file or the configuration.
#pragma once

#include <cstdint>
#include <string>

#include "grants/options.h"
#include "grants/store.h"

namespace postern::grants {

// One grant. load() reads the file again each time, by its path, so that a mounted Secret's swap of
// links is seen; whenever the text has changed the generation grows. Never written: save() fails.
// One thread at a time, like every store.
class StaticStore final : public Store {
 public:
  explicit StaticStore(const GrantOptions& grant) : options_(grant) {}

  StoreResult<std::optional<StoredGrant>> load(std::string_view grant) override;
  StoreResult<std::unique_ptr<StoreLock>> try_lock(std::string_view grant) override;
  StoreResult<void> save(const StoreLock& lock, const StoredGrant& stored) override;
  std::string where(std::string_view grant) const override;

 private:
  Result<Secret> read() const;

  GrantOptions options_;
  Secret last_;
  uint64_t generation_ = 0;
  WallTime changed_at_;
};

}  // namespace postern::grants
