#include "runtime/notices.h"

#include <cstddef>

#include "policy/catalogue.h"
#include "policy/unpinned.h"

namespace postern::runtime {
namespace {

void add_unpinned(const policy::Options& policy, std::vector<Notice>& notices) {
  if (policy.unpinned.empty() || !policy.organization_pinning) return;
  const policy::Catalogue catalogue = policy::Catalogue::of(policy);
  for (size_t i = 0; i < policy.unpinned.size(); ++i) {
    const std::string& entry = policy.unpinned[i];
    const auto doubt = policy::unpinned_doubt(entry, catalogue);
    if (!doubt) continue;
    notices.push_back({log::Level::kWarn, "unpinned_unknown",
                       "policy.unpinned[" + std::to_string(i) + "]: " + entry, *doubt});
  }
}

}  // namespace

std::vector<Notice> notices_of(const config::Options& options) {
  std::vector<Notice> notices;
  add_unpinned(options.relay.policy, notices);
  return notices;
}

}  // namespace postern::runtime
