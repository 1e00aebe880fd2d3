// Jwt: the signed assertions with which an integration asks for a token of its installation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::sandbox {

struct Assertion {
  std::string issuer;
  std::string subject;
  std::string id;
  std::string problem;  // empty when signature and times are good
};

// Reads an HS256 assertion signed with `secret`, at `now_s` on the clock of the sandbox. All of
// `iss`, `sub`, `iat`, `exp` and `jti` must be there; there is no leeway for clocks.
Assertion read_assertion(std::string_view text, std::string_view secret, std::int64_t now_s);

}  // namespace postern::sandbox
