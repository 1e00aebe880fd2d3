#include "base/version.h"

namespace postern {

std::string_view version() {
  return POSTERN_VERSION;
}

}  // namespace postern
