// Tokens that people make by hand in Sentry's settings, with the prefixes that tell them apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokens.h"

namespace postern::sandbox {

class PublicHosts;
struct Organization;
struct User;

// `personal`, `organization` or `internal`.
std::optional<TokenKind> static_kind(std::string_view name);
std::string_view name_of(TokenKind kind);

// A personal token is the user's; the other two are an organization's. The one of kind
// kOrganization carries that organization and its addresses in itself, as sentry-cli reads them.
Grant make_static_token(TokenKind kind, const User& user, const Organization& organization,
                        const PublicHosts& hosts, std::int64_t now_s,
                        const std::vector<std::string>& scopes);

}  // namespace postern::sandbox
