#include "admin/fleet_words.h"

#include "admin/words.h"
#include "limits/seconds.h"

namespace postern::admin {

std::string whole_words(const FleetReport& report) {
  const std::string who =
      report.unlisted.empty() ? count_words(report.replicas.size(), "instance") : "this instance";
  return who + " at " + report.place;
}

std::string as_of_words(const std::optional<int64_t>& as_of_s) {
  return as_of_s ? ", as of " + span_words(*as_of_s) + " ago" : "";
}

std::string state_words(const ReplicaReport& replica) {
  const std::string heard = replica.presence.ready ? "ready" : "not ready";
  return (replica.is_overdue ? "silent" : heard) + as_of_words(replica.as_of_s);
}

std::string uptime_words(const ReplicaReport& replica) {
  return span_words(replica.presence.uptime_s + replica.silent_s - replica.as_of_s.value_or(0));
}

std::string lease_words(const SharedGrantReport& grant, std::string_view nobody) {
  const bool is_known = !grant.state.empty() && !grant.as_of_s;
  if (!grant.lease) return is_known ? std::string(nobody) : "";
  const LeaseReport& lease = *grant.lease;
  const std::string held = lease.holder + ", for " + span_words(lease.held_s) + " now; the lease ";
  if (lease.left_s < 0) return held + "ran out " + span_words(-lease.left_s) + " ago";
  return held + "runs out in " + span_words(lease.left_s) + " unless renewed";
}

std::string sharing_words(const FleetReport& report) {
  if (!report.shares_limits) return "each instance's own";
  if (report.limits_fault.empty()) return "shared";
  return "not shared now, an equal part for each instead: " + report.limits_fault;
}

std::string name_of(const relay::BucketView& bucket) {
  const std::string first = bucket.user + ", " + bucket.group + ", " + bucket.host;
  return bucket.share->part.empty() ? first : first + ", " + bucket.share->part;
}

std::string limit_words(const relay::BucketView& bucket) {
  if (!bucket.limit) return {};
  const std::string calls = std::to_string(*bucket.limit);
  return bucket.window_s > 0 ? calls + " each " + span_words(bucket.window_s) : calls;
}

std::string taken_words(const relay::BucketView& bucket) {
  const limits::ShareStatus& share = *bucket.share;
  if (!share.taken || !share.budget || !share.age) return {};
  return std::to_string(*share.taken) + " of " + std::to_string(*share.budget) + ", " +
         short_words(limits::duration(*share.age)) + " ago";
}

std::string own_words(const relay::BucketView& bucket) {
  if (bucket.share->is_alone) return "an equal part";
  return bucket.share->own ? std::to_string(*bucket.share->own) : "";
}

std::string spent_words(const relay::BucketView& bucket) {
  const std::optional<limits::ShareCount>& spent = bucket.share->spent;
  if (!spent) return {};
  return std::to_string(spent->used) +
         (spent->rejected > 0 ? ", " + std::to_string(spent->rejected) + " rejected" : "");
}

}  // namespace postern::admin
