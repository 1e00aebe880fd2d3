#include "admin/pending_connections.h"

#include <utility>

#include "grants/oauth.h"

namespace postern::admin {

Secret PendingConnections::add(PendingConnection connection, Instant now) {
  if (entries_.size() == kMost) entries_.pop_front();
  Secret cookie(grants::make_state());
  entries_.push_back({std::move(connection), cookie, now + kLifetime, false});
  return cookie;
}

// Looks at all of them, whether or not it has found it.
PendingConnections::Entry* PendingConnections::find(const Secret& state) {
  Entry* found = nullptr;
  if (state.empty()) return found;
  for (Entry& entry : entries_)
    if (entry.connection.secrets.state == state) found = &entry;
  return found;
}

PendingConnections::Taken PendingConnections::take(const Secret& state, const Secret& cookie,
                                                   Instant now) {
  Entry* entry = find(state);
  if (entry == nullptr) return {std::nullopt, Fault::kUnknown};
  if (cookie.empty() || !(entry->cookie == cookie)) return {std::nullopt, Fault::kOtherBrowser};
  if (entry->is_used) return {std::nullopt, Fault::kUsed};
  if (now >= entry->expires_at) return {std::nullopt, Fault::kExpired};
  entry->is_used = true;
  PendingConnection taken = entry->connection;
  entry->connection.secrets.pkce = {};
  return {std::move(taken), Fault::kUnknown};
}

}  // namespace postern::admin
