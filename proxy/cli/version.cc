#include "cli/version.h"

#include <openssl/crypto.h>

namespace postern::cli {

std::string version() {
  return POSTERN_VERSION;
}

std::string version_line() {
  return "postern " + version() + " (" + OpenSSL_version(OPENSSL_VERSION) + ")";
}

}  // namespace postern::cli
