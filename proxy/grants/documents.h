// The JSON documents of grants: the stored grant and the token endpoint's answer.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "grants/stored_grant.h"

namespace postern::grants {

// Both refuse what is larger than this or nested deeper than 16.
inline constexpr size_t kMaxDocument = 64 * 1024;

// Errors name the field and what is wrong with it, never its value.
Result<StoredGrant> parse_stored_grant(std::string_view json);
Secret format_stored_grant(const StoredGrant& stored);  // ends with a newline

// A success body of POST /oauth/token/. `expires_at` beats `expires_in`; the latter counts from
// `now`. Neither: the token does not expire.
Result<TokenAnswer> parse_token_answer(std::string_view json, WallTime now);

}  // namespace postern::grants
