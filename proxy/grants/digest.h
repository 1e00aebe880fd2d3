// The few functions of a cryptographic library that logging in needs.
#pragma once

#include <string>
#include <string_view>

namespace postern::grants {

std::string sha256(std::string_view text);                             // 32 bytes
std::string hmac_sha256(std::string_view key, std::string_view text);  // 32 bytes (RFC 2104)
std::string random_bytes(size_t size);                                 // fit for secrets
std::string base64url(std::string_view bytes);  // without padding (RFC 4648 §5)

}  // namespace postern::grants
