#include "tokens.h"

#include <algorithm>

#include "digest.h"

namespace postern::sandbox {
namespace {

constexpr std::int64_t kGraceMs = 30000;

bool holds(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool is_chosen(const Tokens::Choice& choice, const Grant& grant) {
  if (!choice.access.empty() && grant.access != choice.access) return false;
  return choice.installation.empty() || grant.installation == choice.installation;
}

}  // namespace

const Grant& Tokens::issue(Grant grant) {
  rotate(grant, Rotation::kPair);
  grant.spent_accesses.clear();
  grant.spent_refreshes.clear();
  grant.rotated_at_ms = 0;
  grants_.push_back(std::move(grant));
  return grants_.back();
}

const Grant& Tokens::add(Grant grant) {
  grant.id = ++last_id_;
  grant.created_at_ms = clock_.now_ms();
  grant.counts.generations = 1;
  grants_.push_back(std::move(grant));
  return grants_.back();
}

void Tokens::give(const Grant& grant, const std::string& access, const std::string& refresh) {
  for (Grant& own : grants_) {
    if (&own != &grant) continue;
    if (!access.empty()) own.access = access;
    if (!refresh.empty()) own.refresh = refresh;
  }
}

void Tokens::rotate(Grant& grant, Rotation rotation) {
  const bool integration = grant.kind == TokenKind::kIntegration;
  const std::int64_t lifetime_s =
      integration ? rules_.installation_expires_in_s : rules_.expires_in_s;
  grant.spent_accesses.push_back(grant.access);
  grant.access = random_hex(32);
  if (rotation == Rotation::kPair) {
    grant.spent_refreshes.push_back(grant.refresh);
    grant.refresh = random_hex(32);
  }
  grant.rotated_at_ms = clock_.now_ms();
  grant.expires_at_ms = grant.rotated_at_ms + lifetime_s * 1000;
  ++grant.counts.generations;
  // A refresh of OAuth keeps the row, one of an installation makes another.
  if (grant.id != 0 && !integration) return;
  grant.id = ++last_id_;
  grant.created_at_ms = grant.rotated_at_ms;
}

const Grant* Tokens::refresh(const std::string& refresh_token, const std::string& client_id) {
  for (Grant& grant : grants_) {
    if (grant.refresh != refresh_token) continue;
    if (grant.client_id != client_id) return nullptr;
    rotate(grant, rules_.rotation);
    return &grant;
  }
  return replay(refresh_token);
}

const Grant* Tokens::replay(const std::string& refresh_token) {
  const auto found = std::find_if(grants_.begin(), grants_.end(), [&](const Grant& grant) {
    return grant.kind == TokenKind::kOauth && holds(grant.spent_refreshes, refresh_token);
  });
  if (found == grants_.end() || rules_.replay == Replay::kStrict) return nullptr;
  if (rules_.replay == Replay::kFamily) {
    grants_.erase(found);
    return nullptr;
  }
  const bool newest = found->spent_refreshes.back() == refresh_token;
  const bool in_time = clock_.now_ms() - found->rotated_at_ms <= kGraceMs;
  return newest && in_time ? &*found : nullptr;
}

const Grant* Tokens::of_installation(const std::string& uuid) const {
  for (const Grant& grant : grants_) {
    if (grant.installation == uuid) return &grant;
  }
  return nullptr;
}

const Grant* Tokens::with_refresh(const std::string& refresh_token) const {
  for (const Grant& grant : grants_) {
    if (!refresh_token.empty() && grant.refresh == refresh_token) return &grant;
  }
  return nullptr;
}

const Grant& Tokens::renew(const Grant& of_installation) {
  auto& grant = *std::find_if(grants_.begin(), grants_.end(),
                              [&](const Grant& one) { return &one == &of_installation; });
  rotate(grant, Rotation::kPair);
  return grant;
}

Credential Tokens::find(const std::string& access_token) const {
  const std::int64_t now = clock_.now_ms();
  for (const Grant& grant : grants_) {
    const bool behind =
        grant.rotated_at_ms != 0 && now < grant.rotated_at_ms + rules_.replication_ms;
    if ((behind ? grant.spent_accesses.back() : grant.access) != access_token) continue;
    const bool expired = !behind && !grant.is_lasting() && grant.expires_at_ms <= now;
    return {expired ? Standing::kExpired : Standing::kLive, &grant};
  }
  return {};
}

void Tokens::note_unauthorized(const std::string& access_token) {
  for (Grant& grant : grants_) {
    const bool its = grant.access == access_token || holds(grant.spent_accesses, access_token);
    if (its) ++grant.counts.unauthorized;
  }
}

void Tokens::note_request(const std::string& refresh_token) {
  if (refresh_token.empty()) return;
  for (Grant& grant : grants_) {
    const bool its = grant.refresh == refresh_token || holds(grant.spent_refreshes, refresh_token);
    if (its) ++grant.counts.requests;
  }
}

int Tokens::expire(const Choice& choice) {
  int changed = 0;
  for (Grant& grant : grants_) {
    if (grant.is_lasting() || !is_chosen(choice, grant)) continue;
    grant.expires_at_ms = clock_.now_ms() - 1;
    ++changed;
  }
  return changed;
}

int Tokens::revoke(const Choice& choice) {
  const auto before = grants_.size();
  grants_.remove_if([&](const Grant& grant) { return is_chosen(choice, grant); });
  return static_cast<int>(before - grants_.size());
}

void Tokens::forget_counts() {
  for (Grant& grant : grants_) grant.counts = {1, 0, 0};
}

}  // namespace postern::sandbox
