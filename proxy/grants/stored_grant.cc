#include "grants/stored_grant.h"

#include <algorithm>
#include <utility>

namespace postern::grants {
namespace {

constexpr Duration kLongestLifetime = std::chrono::hours(24 * 3652);

bool differ(const std::string& a, const std::string& b) {
  return !a.empty() && !b.empty() && a != b;
}

}  // namespace

std::shared_ptr<const Token> make_token(const StoredGrant& stored, std::optional<Duration> lifetime,
                                        Instant from, std::optional<Instant> now) {
  auto token = std::make_shared<Token>();
  token->access = stored.access_token;
  token->refresh = stored.refresh_token;
  std::string field("Bearer ");
  field.append(stored.access_token.reveal());
  token->authorization = Secret(std::move(field));
  token->expires_at = stored.expires_at;
  token->obtained_at = from;
  token->known_at = now.value_or(from);
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
  Duration whole = std::max<Duration>(*stored.expires_at - stored.obtained_at, Duration::zero());
  Duration left = std::clamp<Duration>(*stored.expires_at - clock.wall(), Duration::zero(), whole);
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

StoredGrant renew(const StoredGrant& present, TokenAnswer answer, const GrantOptions& grant,
                  WallTime sent) {
  std::optional<Duration> lifetime = answer.lifetime;
  if (!lifetime && answer.expires_at) lifetime = *answer.expires_at - sent;
  if (answer.access_token.empty()) {
    answer.access_token = present.access_token;
    lifetime = Duration::zero();
  }
  StoredGrant next = make_stored_grant(std::move(answer), present.generation + 1, sent);
  if (lifetime) next.expires_at = sent + std::clamp(*lifetime, Duration::zero(), kLongestLifetime);
  next.sentry = grant.sentry_url;
  next.kind = to_string(grant.kind);
  next.organization.slug = grant.organization;
  if (next.organization.id.empty()) next.organization.id = present.organization.id;
  if (next.refresh_token.empty()) next.refresh_token = present.refresh_token;
  if (next.scopes.empty()) next.scopes = present.scopes;
  if (next.user.id.empty()) {
    next.user = present.user;
  } else {
    if (next.user.name.empty()) next.user.name = present.user.name;
    if (next.user.email.empty()) next.user.email = present.user.email;
  }
  return next;
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
