#include "grants/stored_grant.h"

#include <algorithm>
#include <utility>

namespace postern::grants {
namespace {

bool differ(const std::string& a, const std::string& b) {
  return !a.empty() && !b.empty() && a != b;
}

}  // namespace

std::shared_ptr<const Token> make_token(const StoredGrant& stored, std::optional<Duration> lifetime,
                                        Instant from) {
  auto token = std::make_shared<Token>();
  token->access = stored.access_token;
  token->refresh = stored.refresh_token;
  std::string field("Bearer ");
  field.append(stored.access_token.reveal());
  token->authorization = Secret(std::move(field));
  token->expires_at = stored.expires_at;
  token->obtained_at = from;
  if (lifetime) {
    token->lifetime = *lifetime;
    token->dies_at = from + *lifetime;
  }
  token->scopes = stored.scopes;
  token->generation = stored.generation;
  return token;
}

std::shared_ptr<const Token> make_token(const StoredGrant& stored, const Clock& clock) {
  if (!stored.expires_at) return make_token(stored, std::nullopt, clock.now());
  Duration whole = *stored.expires_at - stored.obtained_at;
  Duration left = std::clamp<Duration>(*stored.expires_at - clock.wall(), Duration::zero(),
                                       std::max(whole, Duration::zero()));
  // obtained_at of the token is so far back that its lifetime ends when it should.
  return make_token(stored, whole, clock.now() - (whole - left));
}

StoredGrant make_stored_grant(TokenAnswer answer, uint64_t generation, WallTime now) {
  StoredGrant stored;
  stored.generation = generation;
  stored.organization.id = std::move(answer.organization_id);
  stored.user = std::move(answer.user);
  stored.access_token = std::move(answer.access_token);
  stored.refresh_token = std::move(answer.refresh_token);
  stored.expires_at = answer.expires_at;
  stored.obtained_at = now;
  stored.scopes = std::move(answer.scopes);
  return stored;
}

std::string other_holder(const StoredGrant& stored, const TokenAnswer& answer) {
  if (differ(stored.user.id, answer.user.id)) {
    return "the stored grant belongs to user " + stored.user.id + ", this token to user " +
           answer.user.id;
  }
  if (differ(stored.organization.id, answer.organization_id)) {
    return "the stored grant belongs to organization " + stored.organization.id +
           ", this token to organization " + answer.organization_id;
  }
  return {};
}

}  // namespace postern::grants
