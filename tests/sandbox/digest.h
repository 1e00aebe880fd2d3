// Random names, digests and the encodings that go with them (OpenSSL).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::sandbox {

std::string random_bytes(std::size_t bytes);
std::string random_hex(std::size_t bytes);  // two characters a byte, from the system's generator
std::string sha256_hex(std::string_view data);
std::string sha1_hex(std::string_view data);
std::string sha256_base64url(std::string_view data);  // the S256 of PKCE: no padding
std::string hmac_sha256(std::string_view key, std::string_view data);  // 32 bytes, not text
std::string base64_encode(std::string_view data);
std::optional<std::string> base64_decode(std::string_view text);
// Without padding, as in PKCE and in JWTs.
std::string base64url_encode(std::string_view data);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace postern::sandbox
