// KubernetesLease: a Lease object (coordination.k8s.io/v1) as the right to refresh.
//
// The clocks of two machines are never compared: another one's lease has run out when it has been
// seen unchanged, by the clock here, for as long as it says that it lasts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "grants/store.h"
#include "kubernetes/objects.h"
#include "kubernetes/options.h"
#include "kubernetes/server.h"

namespace postern::grants {

// One for all grants of a process: it is taken with the first that is locked and given back with
// the last. Every call waits for the server. One thread at a time.
class KubernetesLease final {
 public:
  // Counts how often the lease was taken by anybody; 0: not taken.
  using Fence = uint64_t;

  // `holder`: who it is then said to be held by, unique. All references must outlive it.
  KubernetesLease(kubernetes::Server& server, const kubernetes::Options& options,
                  const Clock& clock, std::string holder, Duration duration);

  StoreResult<Fence> take();             // 0: another process holds it
  StoreResult<bool> renew(Fence fence);  // false: another one has taken it meanwhile
  void release(Fence fence);             // one that cannot be given back runs out
  StoreResult<void> check_writable();

 private:
  bool is_mine(const kubernetes::LeaseObject& lease) const {
    return lease.holder == holder_ && lease.transitions == fence_;
  }
  bool is_free(const kubernetes::LeaseObject& lease);
  StoreResult<kubernetes::LeaseObject> read();  // forgets the fence when it is not ours any more
  StoreResult<bool> patch(Secret patch);
  StoreResult<bool> renew_mine();
  tl::unexpected<StoreError> told(const kubernetes::Reply& reply) const;

  kubernetes::Server& server_;
  const kubernetes::Options& options_;
  const Clock& clock_;
  const std::string holder_;
  const Duration duration_;
  Fence fence_ = 0;           // while it is ours, as far as is known
  size_t users_ = 0;          // with that fence
  std::string version_;       // of the object, as far as is known
  std::string seen_version_;  // of another one's
  Instant seen_since_{};
};

}  // namespace postern::grants
