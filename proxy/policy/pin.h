// Organization pinning: a grant serves its organization and no other.
//
// A user's token opens every organization of that user, and some paths of Sentry's API name none.
// Each request is therefore tied to the grant's organization by its path, or not sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/method.h"
#include "policy/api_path.h"
#include "policy/catalogue.h"
#include "policy/options.h"
#include "policy/path_pattern.h"

namespace postern::policy {

// Where a grant is at home.
struct Home {
  std::string_view organization;  // as configured, fit for a path: a slug, or a number
  std::string_view id;            // digits; empty until it is known
  std::string_view installation;  // uuid of an integration's; empty for other grants
};

enum class Pinning : uint8_t {
  kAsItIs,             // the path names the organization, or need not
  kSendInstead,        // `target` means the same, with the organization in it
  kWrongOrganization,  // the path names another one: `organization`
  kUnpinnable,         // the path names none, and nobody knows whose things it leads to
};

struct Pin {
  Pinning pinning = Pinning::kAsItIs;
  std::string target;             // kSendInstead: path and query
  std::string_view organization;  // kWrongOrganization; a view into the path
};

// A request, as far as it matters here. classify() has found the path to be the API's, so each
// spelling in it stands for itself.
struct PinQuestion {
  http::Method method;
  std::string_view path;          // raw
  std::string_view query;         // raw, with the '?'; empty: there is none
  std::string_view organization;  // as Target has it
  const Match& match;             // of the same path
};

// Made once from the options; afterwards only read.
class OrganizationPin final {
 public:
  explicit OrganizationPin(const Options& options);

  // Allocates only a new target.
  Pin judge(const PinQuestion& question, const Home& home) const;

 private:
  bool may_name_none(const PinQuestion& question, const ApiPath& path) const;

  bool enabled_;
  std::vector<PathPattern> unpinned_;
};

}  // namespace postern::policy
