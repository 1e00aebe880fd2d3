// What operators see of the buckets.
#pragma once

#include <cstddef>
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

// Most recently used first, at most `most`.
std::vector<BucketReport> report_of(const FamilyTable& families, Instant now, size_t most);

// The numbers alone, for metrics: costs no more than copying them.
struct BucketFigures {
  std::string user;
  std::string host;
  std::string group;
  size_t number = 0;  // among those of its user, host and group; stays as long as they are known
  BucketStatus bucket;
  size_t queued = 0;
  uint64_t refusals = 0;
};

// Most recently used first, at most `most`.
std::vector<BucketFigures> figures_of(const FamilyTable& families, Instant now, size_t most);

}  // namespace postern::limits
