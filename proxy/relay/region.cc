#include "relay/region.h"

#include <algorithm>
#include <utility>

namespace postern::relay {

Region::Region(std::string_view sentry_url, const std::vector<std::string>& listed, Reach reach)
    : reach_(std::move(reach)) {
  if (reach_) listed_ = origins_of_regions(origin_of(sentry_url), listed);
}

void Region::learn(std::string_view url) {
  if (https_origin_length(url) == 0) return;
  const auto found = std::find_if(listed_.begin(), listed_.end(),
                                  [url](const Origin& origin) { return origin.has(url); });
  // An address that is not listed (or Sentry's own) says that there is no region to go to.
  known_ = found == listed_.end() ? nullptr : &*found;
}

std::string Region::authority(Instant now) const {
  return known_ == nullptr || now < resting_until_ ? "" : known_->authority();
}

const Destination* Region::find(Instant now) {
  if (known_ == nullptr || now < resting_until_) return nullptr;
  auto [at, is_new] = reached_.try_emplace(known_);
  Destination& destination = at->second;
  if (is_new) {
    destination.authority = known_->authority();
    destination.upstream = reach_("https://" + destination.authority);
  }
  return destination.upstream != nullptr ? &destination : nullptr;
}

}  // namespace postern::relay
