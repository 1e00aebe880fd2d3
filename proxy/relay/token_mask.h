// Tokens in a text made unreadable, before it is kept for people.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace postern::relay {

// Puts *** in place of each of `known` (empty ones are none), of what its end has left of one, of
// what follows "Bearer ", of what looks like one of Sentry's ("sntrys_…"), and of the values of
// JSON members and form fields that are called something with token, secret, password or
// authorization. As they are written: what is encoded in yet another way is not seen.
void mask_tokens(std::string& text, std::span<const std::string_view> known);

}  // namespace postern::relay
