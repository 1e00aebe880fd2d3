#include "limits/lane.h"

#include <algorithm>

namespace postern::limits {

void Lane::add(Node& node, Place place) {
  const auto [at, is_new] = callers_.try_emplace(node.entry.caller);
  Caller& caller = at->second;
  if (is_new) {
    caller.name = at->first;
    caller.serial = ++serials_;
    caller.turn = turns_.insert(turns_.end(), &caller);
  } else {
    by_size_.erase(size_key(caller));
  }
  const auto [client_at, client_is_new] = caller.clients.try_emplace(node.entry.client);
  Client& client = client_at->second;
  if (client_is_new) {
    client.name = client_at->first;
    client.caller = &caller;
    client.turn = caller.turns.insert(caller.turns.end(), &client);
  }
  node.client = &client;
  const auto before = place == Place::kFront ? client.entries.begin() : client.entries.end();
  node.position = client.entries.insert(before, &node);
  levels_.grown(++caller.size);
  by_size_.insert(size_key(caller));
  ++size_;
}

void Lane::remove(Node& node) {
  Client& client = *node.client;
  Caller& caller = *client.caller;
  client.entries.erase(node.position);
  node.client = nullptr;
  by_size_.erase(size_key(caller));
  levels_.shrunk(caller.size--);
  if (client.entries.empty()) {
    caller.turns.erase(client.turn);
    caller.clients.erase(caller.clients.find(client.name));
  }
  if (caller.size > 0) {
    by_size_.insert(size_key(caller));
  } else {
    turns_.erase(caller.turn);
    callers_.erase(callers_.find(caller.name));
  }
  if (--size_ == 0) levels_.clear();
}

Lane::Node* Lane::next() {
  return turns_.empty() ? nullptr : turns_.front()->turns.front()->entries.front();
}

void Lane::pass_turn() {
  Caller& caller = *turns_.front();
  caller.turns.splice(caller.turns.end(), caller.turns, caller.turns.begin());
  turns_.splice(turns_.end(), turns_, turns_.begin());
}

// Entries that go before the one at `index` of this client; null: of someone who is not here yet.
size_t Lane::ahead_at(const Caller* caller, const Client* client, size_t index) const {
  constexpr size_t kMostClients = 64;  // beyond, all of the caller's entries are taken to go first
  size_t own = index;
  size_t all = 0;
  if (caller != nullptr) {
    const bool many = caller->clients.size() > kMostClients;
    if (many) own = caller->size;
    for (const auto& other : caller->clients) {
      if (many) break;
      if (&other.second != client) own += std::min(other.second.entries.size(), index + 1);
    }
    all = std::min(caller->size, own + 1);
  }
  return levels_.sum(own + 1) - all + own;
}

size_t Lane::ahead_of(std::string_view caller, std::string_view client) const {
  const auto at = callers_.find(caller);
  if (at == callers_.end()) return ahead_at(nullptr, nullptr, 0);
  const auto client_at = at->second.clients.find(client);
  if (client_at == at->second.clients.end()) return ahead_at(&at->second, nullptr, 0);
  return ahead_at(&at->second, &client_at->second, client_at->second.entries.size());
}

// Of very many clients, any.
const Lane::Client& Lane::longest_client(const Caller& caller) {
  const auto shorter = [](const Client* a, const Client* b) {
    return a->entries.size() < b->entries.size();
  };
  if (caller.turns.size() > 64) return *caller.turns.front();
  return **std::max_element(caller.turns.begin(), caller.turns.end(), shorter);
}

std::pair<Lane::Node*, size_t> Lane::longest() const {
  if (by_size_.empty()) return {nullptr, 0};
  const auto& [size, serial, caller] = *by_size_.rbegin();
  return {longest_client(*caller).entries.back(), size};
}

std::pair<Lane::Node*, size_t> Lane::longest_client_of(std::string_view caller) const {
  const auto at = callers_.find(caller);
  if (at == callers_.end()) return {nullptr, 0};
  const Client& client = longest_client(at->second);
  return {client.entries.back(), client.entries.size()};
}

size_t Lane::size_of(std::string_view caller) const {
  const auto at = callers_.find(caller);
  return at == callers_.end() ? 0 : at->second.size;
}

size_t Lane::size_of(std::string_view caller, std::string_view client) const {
  const auto at = callers_.find(caller);
  if (at == callers_.end()) return 0;
  const auto client_at = at->second.clients.find(client);
  return client_at == at->second.clients.end() ? 0 : client_at->second.entries.size();
}

void Lane::visit_last(size_t most, const std::function<bool(Node&, size_t ahead)>& visit) {
  for (auto caller = turns_.rbegin(); caller != turns_.rend(); ++caller) {
    for (const Client* client : (*caller)->turns) {
      visit_client(*client, most, visit);
      if (most == 0) return;
    }
  }
}

void Lane::visit_client(const Client& client, size_t& most,
                        const std::function<bool(Node&, size_t ahead)>& visit) const {
  size_t index = client.entries.size();
  for (auto node = client.entries.rbegin(); node != client.entries.rend() && most > 0; ++node) {
    --most;
    if (!visit(**node, ahead_at(client.caller, &client, --index))) return;
  }
}

}  // namespace postern::limits
