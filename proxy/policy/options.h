// Settings of what may be asked for, filled by config.
#pragma once

namespace postern::policy {

struct Options {
  bool organization_pinning = true;  // a grant serves its own organization and no other
};

}  // namespace postern::policy
