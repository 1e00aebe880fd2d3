// The addresses of Sentry's that a few answers hold in their JSON, and that a client would follow
// past Postern.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/catalogue.h"

namespace postern::relay {

enum class BodyUrls : uint8_t {
  kNone,           // nothing is looked for: the body streams through
  kOrganization,   // links.regionUrl goes; clients that find none stay at the address they have
  kOrganizations,  // a list of those
  kRegions,        // regions[].url becomes the caller's address of us
  kChunkUpload,    // url likewise, its path stays
};

// Which endpoints of a catalogue are answered so: those with Sentry's templates, whatever the table
// calls their parameters. Made once, then only read.
class BodyUrlRoutes final {
 public:
  explicit BodyUrlRoutes(const policy::Catalogue& catalogue);

  // HEAD asks for what GET would be answered with. REQUIRES: `match` is of the same catalogue.
  BodyUrls find(http::Method method, const policy::Match& match) const;

 private:
  struct Entry {
    int template_index;
    http::Method method;
    BodyUrls urls;
  };
  std::vector<Entry> entries_;
};

struct EditedBody {
  std::string body;
  bool changed = false;
  std::string region;  // what the answer called the address of the organization's region, or empty
};

// `json` as the caller may see it: the values above edited where they stand, every other byte as it
// was. `origin`: the one that the caller used, "http://localhost:7979". Nothing: it is no JSON.
// REQUIRES: `kind` is not kNone. Pure.
std::optional<EditedBody> edit_body_urls(BodyUrls kind, std::string_view json,
                                         std::string_view origin);

}  // namespace postern::relay
