// What operators see of the buckets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "limits/bucket.h"
#include "limits/family_table.h"

namespace postern::limits {

struct BucketReport {
  std::string user;
  std::string host;
  std::string group;
  std::vector<std::string> routes;
  BucketStatus bucket;
  size_t queued = 0;
  Duration oldest_wait{};
  uint64_t refusals = 0;  // because of a forecast or a deadline
};

// Most recently used first.
std::vector<BucketReport> report_of(const FamilyTable& families, Instant now);

}  // namespace postern::limits
