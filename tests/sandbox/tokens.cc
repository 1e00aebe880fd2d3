#include "tokens.h"

#include <algorithm>

#include "digest.h"

namespace postern::sandbox {
namespace {

constexpr std::int64_t kGraceMs = 30000;

}  // namespace

const Grant& Tokens::issue(Grant grant) {
  rotate(grant);
  grant.previous_access.clear();
  grant.spent_refreshes.clear();
  grant.rotated_at_ms = 0;
  grants_.push_back(std::move(grant));
  return grants_.back();
}

void Tokens::rotate(Grant& grant) {
  grant.previous_access = grant.access;
  grant.spent_refreshes.push_back(grant.refresh);
  grant.access = random_hex(32);
  grant.refresh = random_hex(32);
  grant.rotated_at_ms = clock_.now_ms();
  grant.expires_at_ms = grant.rotated_at_ms + rules_.expires_in_s * 1000;
}

const Grant* Tokens::refresh(const std::string& refresh_token, const std::string& client_id) {
  for (Grant& grant : grants_) {
    if (grant.refresh != refresh_token) continue;
    if (grant.client_id != client_id) return nullptr;
    rotate(grant);
    return &grant;
  }
  return replay(refresh_token);
}

const Grant* Tokens::replay(const std::string& refresh_token) {
  const auto spent = [&](const Grant& grant) {
    const auto& old = grant.spent_refreshes;
    return std::find(old.begin(), old.end(), refresh_token) != old.end();
  };
  const auto found = std::find_if(grants_.begin(), grants_.end(), spent);
  if (found == grants_.end() || rules_.replay == Replay::kStrict) return nullptr;
  if (rules_.replay == Replay::kFamily) {
    grants_.erase(found);
    return nullptr;
  }
  const bool newest = found->spent_refreshes.back() == refresh_token;
  const bool in_time = clock_.now_ms() - found->rotated_at_ms <= kGraceMs;
  return newest && in_time ? &*found : nullptr;
}

Credential Tokens::find(const std::string& access_token) const {
  const std::int64_t now = clock_.now_ms();
  for (const Grant& grant : grants_) {
    const bool behind =
        grant.rotated_at_ms != 0 && now < grant.rotated_at_ms + rules_.replication_ms;
    if ((behind ? grant.previous_access : grant.access) != access_token) continue;
    const bool expired = !behind && grant.expires_at_ms <= now;
    return {expired ? Standing::kExpired : Standing::kLive, &grant};
  }
  return {};
}

int Tokens::expire(const std::string& access) {
  int changed = 0;
  for (Grant& grant : grants_) {
    if (!access.empty() && grant.access != access) continue;
    grant.expires_at_ms = clock_.now_ms() - 1;
    ++changed;
  }
  return changed;
}

int Tokens::revoke(const std::string& access) {
  const auto chosen = [&](const Grant& grant) { return access.empty() || grant.access == access; };
  const auto before = grants_.size();
  grants_.remove_if(chosen);
  return static_cast<int>(before - grants_.size());
}

}  // namespace postern::sandbox
