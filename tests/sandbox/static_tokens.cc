#include "static_tokens.h"

#include "digest.h"
#include "directory.h"
#include "json.h"
#include "scopes.h"

namespace postern::sandbox {
namespace {

std::string organization_token(const Organization& organization, const PublicHosts& hosts,
                               std::int64_t now_s) {
  const Json claims = Json::object({{"iat", now_s},
                                    {"url", hosts.control()},
                                    {"region_url", hosts.region()},
                                    {"org", organization.slug}});
  std::string secret = base64_encode(random_bytes(32));
  while (secret.back() == '=') secret.pop_back();
  return "sntrys_" + base64_encode(claims.text()) + "_" + secret;
}

}  // namespace

std::optional<TokenKind> static_kind(std::string_view name) {
  for (const TokenKind kind :
       {TokenKind::kPersonal, TokenKind::kOrganization, TokenKind::kInternal}) {
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

std::string_view name_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::kOauth:
      return "oauth";
    case TokenKind::kIntegration:
      return "integration";
    case TokenKind::kPersonal:
      return "personal";
    case TokenKind::kOrganization:
      return "organization";
    case TokenKind::kInternal:
      return "internal";
  }
  return "";
}

Grant make_static_token(TokenKind kind, const User& user, const Organization& organization,
                        const PublicHosts& hosts, std::int64_t now_s,
                        const std::vector<std::string>& scopes) {
  Grant grant;
  grant.kind = kind;
  grant.scopes = with_implied(scopes);
  if (kind == TokenKind::kPersonal) {
    grant.access = "sntryu_" + random_hex(32);
    grant.user_id = user.id;
    return grant;
  }
  grant.organization_id = organization.id;
  grant.access = kind == TokenKind::kInternal ? "sntryi_" + random_hex(32)
                                              : organization_token(organization, hosts, now_s);
  return grant;
}

}  // namespace postern::sandbox
