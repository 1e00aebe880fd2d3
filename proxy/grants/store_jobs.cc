#include "grants/store_jobs.h"

#include <utility>

namespace postern::grants {
namespace {

StoreResult<bool> take_lock(Store& store, const std::string& grant,
                            std::unique_ptr<StoreLock>& lock) {
  const bool runs_out = store.lease() > Duration::zero();
  if (lock != nullptr && !runs_out) return true;
  if (lock != nullptr) {
    auto still = store.renew(*lock, false);
    if (!still || *still) return still;
  }
  auto taken = store.try_lock(grant);
  if (!taken) return tl::unexpected(taken.error());
  lock = std::move(*taken);
  return lock != nullptr;
}

StoreJobs::Loaded load_from(Store& store, const std::string& grant) {
  auto loaded = store.load(grant);
  return {std::move(loaded), store.was_forgotten(grant)};
}

}  // namespace

StoreJobs::StoreJobs(Background& background, Store& store, std::string grant)
    : background_(background),
      store_(store),
      grant_(std::move(grant)),
      slot_(std::make_shared<Slot>()),
      alive_(std::make_shared<bool>(true)) {}

template <class T>
void StoreJobs::run(std::function<T()> work, std::function<void(T)> next) {
  auto result = std::make_shared<std::optional<T>>();
  std::weak_ptr<bool> alive = alive_;
  background_.post([work = std::move(work), result] { result->emplace(work()); },
                   [next = std::move(next), result, alive] {
                     if (!alive.expired()) next(std::move(**result));
                   });
}

void StoreJobs::load(std::function<void(Loaded)> next) {
  run<Loaded>([store = &store_, grant = grant_] { return load_from(*store, grant); },
              std::move(next));
}

void StoreJobs::lock_and_load(std::function<void(Locked)> next) {
  auto work = [store = &store_, grant = grant_, slot = slot_] {
    Locked locked;
    locked.held = take_lock(*store, grant, slot->lock);
    if (locked.held) locked.loaded = load_from(*store, grant);
    locked.first_generation = store->first_generation(grant);
    return locked;
  };
  run<Locked>(std::move(work), std::move(next));
}

void StoreJobs::save(StoredGrant stored, std::function<void(StoreResult<void>)> next) {
  auto work = [store = &store_, grant = grant_, slot = slot_,
               stored = std::move(stored)]() -> StoreResult<void> {
    if (slot->lock == nullptr) slot->lock = store->lock_alone(grant);
    if (slot->lock == nullptr) return fail("the store is not locked");
    return store->save(*slot->lock, stored);
  };
  run<StoreResult<void>>(std::move(work), std::move(next));
}

void StoreJobs::renew(bool is_calling, std::function<void(StoreResult<bool>)> next) {
  auto work = [store = &store_, slot = slot_, is_calling]() -> StoreResult<bool> {
    if (slot->lock == nullptr) return false;
    return store->renew(*slot->lock, is_calling);
  };
  run<StoreResult<bool>>(std::move(work), std::move(next));
}

void StoreJobs::lock_alone(std::function<void(bool)> next) {
  auto work = [store = &store_, grant = grant_, slot = slot_] {
    if (slot->lock == nullptr) slot->lock = store->lock_alone(grant);
    return slot->lock != nullptr;
  };
  run<bool>(std::move(work), std::move(next));
}

void StoreJobs::unlock() {
  background_.post([slot = slot_] { slot->lock.reset(); }, [] {});
}

}  // namespace postern::grants
