#include "grants/stored_grant.h"

#include <utility>

namespace postern::grants {
namespace {

bool differ(const std::string& a, const std::string& b) {
  return !a.empty() && !b.empty() && a != b;
}

}  // namespace

std::shared_ptr<const Token> make_token(const StoredGrant& stored) {
  auto token = std::make_shared<Token>();
  token->access = stored.access_token;
  token->refresh = stored.refresh_token;
  std::string field("Bearer ");
  field.append(stored.access_token.reveal());
  token->authorization = Secret(std::move(field));
  token->expires_at = stored.expires_at;
  token->scopes = stored.scopes;
  token->generation = stored.generation;
  return token;
}

StoredGrant next_generation(const StoredGrant* before, TokenAnswer answer, WallTime now) {
  StoredGrant next;
  if (before != nullptr) {
    next.sentry = before->sentry;
    next.organization = before->organization;
    next.user = before->user;
    next.refresh_token = before->refresh_token;
  }
  next.generation = before == nullptr ? 1 : before->generation + 1;
  if (!answer.organization_id.empty()) next.organization.id = std::move(answer.organization_id);
  if (!answer.user.id.empty()) next.user = std::move(answer.user);
  next.access_token = std::move(answer.access_token);
  // An answer without a refresh token leaves the earlier one in force (RFC 6749 §6).
  if (!answer.refresh_token.empty()) next.refresh_token = std::move(answer.refresh_token);
  next.expires_at = answer.expires_at;
  next.obtained_at = now;
  next.scopes = std::move(answer.scopes);
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
