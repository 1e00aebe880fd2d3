#include "limits/report.h"

#include <optional>
#include <string_view>
#include <utility>

namespace postern::limits {

std::vector<BucketReport> report_of(const FamilyTable& families, Instant at, size_t most) {
  const Seconds now = seconds(at);
  std::vector<BucketReport> reports;
  for (const Family& family : families.all()) {
    for (const std::unique_ptr<Slot>& slot : family.slots()) {
      if (reports.size() == most) return reports;
      BucketReport report;
      for (const std::string_view route : family.routes_of(*slot))
        report.routes.emplace_back(route);
      if (report.routes.empty()) continue;
      report.user = family.key().user;
      report.host = family.key().host;
      report.group = family.key().group;
      report.bucket = slot->bucket.status(now);
      if (report.bucket.share) report.bucket.share->part = slot->name;
      report.queued = slot->queue.size();
      if (const std::optional<Seconds> oldest = slot->queue.oldest_arrival())
        report.oldest_wait = duration(now - *oldest);
      report.refusals = slot->refusals;
      reports.push_back(std::move(report));
    }
  }
  return reports;
}

std::vector<BucketFigures> figures_of(const FamilyTable& families, Instant at, size_t most) {
  const Seconds now = seconds(at);
  std::vector<BucketFigures> all;
  for (const Family& family : families.all()) {
    const auto& [user, host, group] = family.key();
    for (size_t number = 0; number < family.slots().size(); ++number) {
      if (all.size() == most) return all;
      const Slot& slot = *family.slots()[number];
      all.push_back(
          {user, host, group, number, slot.bucket.status(now), slot.queue.size(), slot.refusals});
    }
  }
  return all;
}

}  // namespace postern::limits
