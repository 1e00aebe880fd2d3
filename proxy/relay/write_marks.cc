#include "relay/write_marks.h"

namespace postern::relay {

WriteMarks::Mark WriteMarks::of(std::string_view organization, policy::Family family) const {
  if (organization.empty()) return everywhere_ + unplaced_;
  const auto found = counters_.find(organization);
  const uint64_t own = found == counters_.end() ? 0 : found->second[static_cast<size_t>(family)];
  return everywhere_ + own;
}

void WriteMarks::on_write(std::string_view organization, policy::Family written) {
  ++unplaced_;
  auto found = counters_.find(organization);
  if (found == counters_.end())
    found = counters_.emplace(std::string(organization), Counters{}).first;
  for (size_t i = 0; i < policy::kFamilies; ++i) {
    if (policy::touches(written, static_cast<policy::Family>(i))) ++found->second[i];
  }
}

}  // namespace postern::relay
