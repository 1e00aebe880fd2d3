// History: how long the queues of the limits were over the last minutes, for the plots of the
// status page.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "admin/status_report.h"
#include "base/clock.h"
#include "relay/explanation.h"

namespace postern::admin {

struct QueueSample {
  uint32_t queued = 0;
  uint32_t oldest_wait_ms = 0;
};

// One sample every kInterval, of the newest kSamples; of each bucket, at most kMostBuckets. Fixed
// memory but for the buckets' names. Loop thread.
class History final {
 public:
  static constexpr Duration kInterval = std::chrono::seconds(5);
  static constexpr size_t kSamples = 60;
  static constexpr size_t kMostBuckets = 100;

  void sample(const std::vector<relay::BucketView>& buckets);

  // Oldest first, the last one is the newest; no buckets: as if nothing had waited.
  std::vector<QueueSample> of(const relay::BucketView& bucket) const;
  std::vector<QueueSample> of_all() const;

 private:
  struct Line {
    std::string name;
    std::array<QueueSample, kSamples> samples{};
    bool is_present = true;
  };
  Line& line_of(const relay::BucketView& bucket);

  Line total_;
  std::vector<Line> lines_;
  size_t taken_ = 0;
};

// The document of GET /api/buckets.
std::string format_buckets(const StatusReport& report, const History& history);

}  // namespace postern::admin
