// Does an answer of Sentry's say that the token is dead? Sentry has no code for it, only sentences.
#pragma once

#include <optional>
#include <string_view>

namespace postern::relay {

// `text`: the body, decoded; none when it could not be read. Pure.
// A 401 is about the token unless its text says otherwise, because asking for a new token is the
// only test there is. A 400 is not, unless its text says so in as many words.
bool says_token_dead(int status, std::optional<std::string_view> text);

}  // namespace postern::relay
