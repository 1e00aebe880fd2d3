#include "grants/kubernetes_lease.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "kubernetes/requests.h"

namespace postern::grants {
namespace {

using kubernetes::LeaseObject;

// Somebody annotates the object, or an answer got lost: it is ours all the same.
constexpr int kMostTries = 3;

uint64_t whole_seconds(Duration duration) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
  return static_cast<uint64_t>(std::max<int64_t>(seconds, 1));
}

}  // namespace

KubernetesLease::KubernetesLease(kubernetes::Server& server, const kubernetes::Options& options,
                                 const Clock& clock, std::string holder, Duration duration)
    : server_(server),
      options_(options),
      clock_(clock),
      holder_(std::move(holder)),
      duration_(duration) {}

StoreResult<KubernetesLease::Fence> KubernetesLease::take() {
  auto lease = read();
  if (!lease) return tl::unexpected(lease.error());
  if (fence_ != 0) {
    auto held = renew_mine();
    if (!held) return tl::unexpected(held.error());
    if (*held) ++users_;
    return *held ? fence_ : 0;
  }
  if (!is_free(*lease)) return 0;
  const Fence next = lease->transitions + 1;
  auto taken = patch(kubernetes::format_taking(
      {lease->resource_version, holder_, whole_seconds(duration_), next}, clock_.wall()));
  if (!taken) return tl::unexpected(taken.error());
  if (!*taken) return 0;  // somebody was quicker
  fence_ = next;
  users_ = 1;
  return fence_;
}

// Also one of ours that no lock knows of: the answer to its taking, or to its release, got lost.
bool KubernetesLease::is_free(const LeaseObject& lease) {
  if (lease.holder.empty() || lease.holder == holder_) return true;
  const Instant now = clock_.now();
  if (lease.resource_version != seen_version_) {
    seen_version_ = lease.resource_version;
    seen_since_ = now;
  }
  const uint64_t seconds = lease.seconds > 0 ? lease.seconds : whole_seconds(duration_);
  return static_cast<uint64_t>((now - seen_since_) / std::chrono::seconds(1)) >= seconds;
}

StoreResult<bool> KubernetesLease::renew(Fence fence) {
  if (fence == 0 || fence != fence_) return false;
  return renew_mine();
}

StoreResult<bool> KubernetesLease::renew_mine() {
  for (int i = 0; i < kMostTries; ++i) {
    auto patched = patch(kubernetes::format_renewal(version_, clock_.wall()));
    if (!patched || *patched) return patched;
    auto lease = read();
    if (!lease) return tl::unexpected(lease.error());
    if (fence_ == 0) return false;
  }
  return fail_for_now("the Lease " + options_.lease + " is being changed by somebody all the time");
}

void KubernetesLease::release(Fence fence) {
  if (fence == 0 || fence != fence_ || --users_ > 0) return;
  auto released = patch(kubernetes::format_release(version_));
  const bool is_changed = released && !*released;
  if (is_changed && read() && fence_ != 0) released = patch(kubernetes::format_release(version_));
  static_cast<void>(released);
  fence_ = 0;
}

StoreResult<void> KubernetesLease::check_writable() {
  auto reply = server_.call(kubernetes::try_lease(options_));
  if (!reply) return fail_for_now(reply.error().what);
  if (reply->status != kubernetes::kOk) return told(*reply);
  return {};
}

// ------------------------------------------------------------------------------------- the server

StoreResult<LeaseObject> KubernetesLease::read() {
  auto reply = server_.call(kubernetes::get_lease(options_));
  if (!reply) return fail_for_now(reply.error().what);
  if (reply->status != kubernetes::kOk) return told(*reply);
  auto lease = kubernetes::parse_lease(reply->body.reveal());
  if (!lease) return fail("the Lease " + options_.lease + " is unusable: " + lease.error().what);
  version_ = lease->resource_version;
  // It is never ours again with that fence: a change of this version would be one of another's.
  if (!is_mine(*lease)) fence_ = users_ = 0;
  return std::move(*lease);
}

// False: it is of another version by now.
StoreResult<bool> KubernetesLease::patch(Secret patch) {
  auto reply = server_.call(kubernetes::patch_lease(options_, std::move(patch)));
  if (!reply) return fail_for_now(reply.error().what);
  if (reply->status == kubernetes::kConflict) return false;
  if (reply->status != kubernetes::kOk) return told(*reply);
  auto lease = kubernetes::parse_lease(reply->body.reveal());
  if (!lease) return fail("the Lease " + options_.lease + " is unusable: " + lease.error().what);
  version_ = lease->resource_version;
  return true;
}

tl::unexpected<StoreError> KubernetesLease::told(const kubernetes::Reply& reply) const {
  const std::string place = options_.namespace_name + "/" + options_.lease;
  if (reply.status == kubernetes::kNotFound)
    return fail_for_now("there is no Lease " + place + " at " + options_.server +
                        ": make it, empty, as deploy/kubernetes/README.md shows");
  return fail_for_now(options_.server + " did not take a change of the Lease " + place + " (" +
                      std::to_string(reply.status) +
                      "): " + kubernetes::message_of(reply.body.reveal()));
}

}  // namespace postern::grants
