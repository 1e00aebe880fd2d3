// The end of an authorization: what the address says that Sentry leads the browser back to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace postern::grants {

// An error's code is made printable.
struct Callback {
  enum class Kind : uint8_t {
    kCode,      // `code` is to be exchanged
    kError,     // Sentry refused: `error`
    kStranger,  // the state is not ours: not an answer to our question
    kNonsense,  // neither a code nor an error, or something twice
  };
  Kind kind = Kind::kNonsense;
  Secret code;
  std::string error;
};

// `query` as in the URL, percent-encoded. `issuer`: our Sentry; an `iss` must name it (RFC 9207).
Callback read_callback(std::string_view query, const Secret& state, std::string_view issuer);

// The state that a query shows, to look for the authorization that it belongs to; empty if it shows
// none, or more than one.
Secret read_state(std::string_view query);

// What a person pasted: the address the browser ended at, or the code alone (of which no state can
// be checked; PKCE binds it to this attempt all the same).
Callback read_pasted(std::string_view text, const Secret& state, std::string_view issuer);

}  // namespace postern::grants
