// What is said to people of instances and of limits that they share. Texts are not escaped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admin/fleet_report.h"

namespace postern::admin {

// "2 instances at redis://r:6379", or as far as they are known.
std::string whole_words(const FleetReport& report);
// "ready", "not ready", "silent"; "ready, as of 3m ago" while the list cannot be read.
std::string state_words(const ReplicaReport& replica);
// For how long it had been running when that held.
std::string uptime_words(const ReplicaReport& replica);
// ", as of 3m ago"; empty: it holds now.
std::string as_of_words(const std::optional<int64_t>& as_of_s);
// Who refreshes it; empty: not known.
std::string lease_words(const SharedGrantReport& grant, std::string_view nobody);

// Of all limits: "shared", and why they are not at this moment.
std::string sharing_words(const FleetReport& report);

// Of one, which REQUIRES its `share`. Empty: not known.
std::string name_of(const relay::BucketView& bucket);      // "user 7, GET, sentry.io"
std::string limit_words(const relay::BucketView& bucket);  // "40 each 1s"
std::string taken_words(const relay::BucketView& bucket);  // "38 of 40, 400 ms ago"
std::string own_words(const relay::BucketView& bucket);    // "10"
std::string spent_words(const relay::BucketView& bucket);  // "40, 1 rejected"

}  // namespace postern::admin
