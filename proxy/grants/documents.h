// The JSON documents of grants: the stored grant and the token endpoint's answer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "grants/oauth.h"
#include "grants/options.h"
#include "grants/stored_grant.h"

namespace postern::grants {

// Both refuse what is larger than this or nested deeper than 16.
inline constexpr size_t kMaxDocument = 64 * 1024;

// Errors name the field and what is wrong with it, never its value.
Result<StoredGrant> parse_stored_grant(std::string_view json);
Secret format_stored_grant(const StoredGrant& stored);  // ends with a newline

// kEssentials: refuses only what makes the tokens of no use, and passes over other odd fields.
// kEitherToken: one token of the two is enough; what is wrong with the other one is the answer's
// `flaw`. Right for an answer to a refresh, which has killed the pair before it.
enum class Strictness : uint8_t { kAll, kEssentials, kEitherToken };

// A success body of POST /oauth/token/, or of an installation's authorizations (token,
// refreshToken, expiresAt). `expires_at` beats `expires_in`; the latter counts from `now`, and is
// kept as the lifetime too. Neither: the token does not expire.
Result<TokenAnswer> parse_token_answer(std::string_view json, WallTime now,
                                       Strictness strictness = Strictness::kAll);

// A success body of POST /oauth/device/code/ (RFC 8628 §3.2). The user code is printable.
Result<DeviceCode> parse_device_code(std::string_view json);

// `error` of an error body, else `detail` if it is a text; empty if it is neither or not JSON.
std::string read_error_code(std::string_view json);
// `action` of a problem that Postern made itself, likewise.
std::string read_action(std::string_view json);

// Answers of /api/0/organizations/{slug}/ and of /api/0/organizations/. An entry without slug or id
// is passed over.
Result<Organization> parse_organization(std::string_view json);
Result<std::vector<Organization>> parse_organizations(std::string_view json);

// A JSON object of texts, and the claims of a client's assertion (RFC 7523 §3).
Secret format_members(const Parameters& members);
std::string format_claims(std::string_view client_id, int64_t issued_at, int64_t expires_at,
                          std::string_view unique);

}  // namespace postern::grants
