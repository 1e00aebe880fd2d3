#include "cli/version.h"

#include <openssl/crypto.h>

#include "base/version.h"

namespace postern::cli {

std::string version_line() {
  return "postern " + std::string(version()) + " (" + OpenSSL_version(OPENSSL_VERSION) + ")";
}

}  // namespace postern::cli
