#include "runtime/shared_limits.h"

#include <utility>

#include "grants/digest.h"
#include "wire/redis_client.h"

namespace postern::runtime {
namespace {

constexpr size_t kNameBytes = 12;  // no two Posterns may have one name

}  // namespace

Result<std::unique_ptr<SharedLimits>> SharedLimits::make(event::Loop& loop,
                                                         const config::Options& options,
                                                         relay::Admission& admission,
                                                         const Clock& clock, log::Logger& logger) {
  std::unique_ptr<SharedLimits> shared(new SharedLimits(loop, admission));
  const redis::Options redis = config::redis_options(options.store);
  auto client = wire::make_redis_client(loop, shared->resolver_, redis);
  if (!client) return fail("store.redis: " + client.error().what);
  shared->fleet_ =
      std::make_unique<FleetLimits>(std::move(*client), redis.prefix, admission, clock, logger);
  admission.share(grants::base64url(grants::random_bytes(kNameBytes)), *shared->fleet_);
  return shared;
}

void SharedLimits::on_listed(int64_t replicas) {
  admission_.set_listed(replicas);
  fleet_->on_listed(replicas);
}

}  // namespace postern::runtime
