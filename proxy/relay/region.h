// Where uploads go: straight to the region that the organization lives in, once that is known.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/upstream.h"
#include "relay/origin.h"

namespace postern::relay {

// A host that requests with a token are sent to.
struct Destination {
  http::Upstream* upstream = nullptr;
  std::string authority;  // Host field as sent
};

// The region of one grant's organization. Sentry's answers say which; it is believed only if it is
// one of those listed, so that no answer can lead a token to another host. Loop thread.
class Region final {
 public:
  // Connections to such an origin, "https://us.sentry.io"; null when there cannot be any.
  using Reach = std::function<http::Upstream*(const std::string& origin)>;

  // Without `reach` there is none, whatever is learnt.
  Region(std::string_view sentry_url, const std::vector<std::string>& listed, Reach reach);

  // What an answer calls the region's address, or an address in it.
  void learn(std::string_view url);

  // Where uploads go now; null: where everything goes. Stays valid as long as the region.
  const Destination* find(Instant now);

  // The Host field of find(), which this does not connect to; empty: none.
  std::string authority(Instant now) const;

  // It cannot be reached from here: left alone for kRest.
  void rest(Instant now) { resting_until_ = now + kRest; }
  static constexpr Duration kRest = std::chrono::minutes(10);

 private:
  std::vector<Origin> listed_;
  Reach reach_;
  const Origin* known_ = nullptr;                 // one of listed_
  std::map<const Origin*, Destination> reached_;  // made when first asked for
  Instant resting_until_{};
};

}  // namespace postern::relay
