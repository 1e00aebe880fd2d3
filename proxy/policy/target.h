// What a request target names: may it be judged at all, is it an API path, which organization.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::policy {

enum class TargetKind : uint8_t {
  kApi,      // under /api/0/
  kOutside,  // any other path
  kIngest,   // /api/<project number>/…: where SDKs send events, by a DSN and without a token
  kUnsafe,  // cannot be judged safely: dot segments, %2f, %5c, %00, //, encoded unreserved bytes…
};

struct Target {
  TargetKind kind = TargetKind::kOutside;
  std::string_view organization;  // slug or id as it stands in the path; empty when none is named
  std::string_view detail;        // kUnsafe: a fixed sentence that says why
};

// `path` is the raw path, starting with '/', without the query. Pure; the views point into `path`.
Target classify(std::string_view path);

}  // namespace postern::policy
