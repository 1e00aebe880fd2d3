// Waiting entries of one urgency: in turns among callers, in turns among a caller's clients, then
// by arrival. The caller is who Postern knows it to be; a client is the name it gives itself, which
// divides its share and never adds to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "limits/levels.h"
#include "limits/seconds.h"

namespace postern::limits {

using EntryId = uint64_t;
inline constexpr int kUrgencies = 8;  // 0 is the most urgent (RFC 9218)

struct Entry {
  EntryId id = 0;
  std::string caller;
  std::string client;
  int urgency = 3;
  Seconds arrival = 0;
  Seconds deadline = 0;
  uint64_t bytes = 0;
  uint32_t route = 0;
};

// Among its client's entries. Only kBack asks whether there is room: the others have been in
// before.
enum class Place : uint8_t { kBack, kFront, kMoved };

class Lane final {
 public:
  struct Node;

 private:
  struct Caller;
  struct Client {
    std::string_view name;  // the map's key
    Caller* caller = nullptr;
    std::list<Node*> entries;
    std::list<Client*>::iterator turn;
  };
  struct Caller {
    std::string_view name;  // the map's key
    uint64_t serial = 0;
    size_t size = 0;
    std::map<std::string, Client, std::less<>> clients;
    std::list<Client*> turns;
    std::list<Caller*>::iterator turn;
  };

 public:
  // Lives in the queue; the lane keeps a pointer from add() to remove().
  struct Node {
    Entry entry;
    Client* client = nullptr;
    std::list<Node*>::iterator position;
  };

  void add(Node& node, Place place);
  void remove(Node& node);
  Node* next();      // whose turn it is; null if the lane is empty
  void pass_turn();  // after next() was taken: the others' turn. REQUIRES: before its remove()

  size_t size() const { return size_; }
  // How many would go before a new entry.
  size_t ahead_of(std::string_view caller, std::string_view client) const;
  // The newest entry of the caller with the most entries, and how many it has.
  std::pair<Node*, size_t> longest() const;
  // The same among the clients of one caller; null if the caller has none.
  std::pair<Node*, size_t> longest_client_of(std::string_view caller) const;
  size_t size_of(std::string_view caller) const;
  size_t size_of(std::string_view caller, std::string_view client) const;
  // The last entry of each client with the number of entries of this lane that go before it; those
  // served last come first; at most `most` entries. `visit` removes nothing; it answers whether to
  // go on with the client's entry before this one.
  void visit_last(size_t most, const std::function<bool(Node&, size_t ahead)>& visit);

 private:
  static std::tuple<size_t, uint64_t, Caller*> size_key(Caller& caller) {
    return {caller.size, caller.serial, &caller};
  }
  static const Client& longest_client(const Caller& caller);
  void visit_client(const Client& client, size_t& most,
                    const std::function<bool(Node&, size_t ahead)>& visit) const;
  size_t ahead_at(const Caller* caller, const Client* client, size_t index) const;

  std::map<std::string, Caller, std::less<>> callers_;  // only those with entries
  std::list<Caller*> turns_;
  std::set<std::tuple<size_t, uint64_t, Caller*>> by_size_;  // size, serial
  uint64_t serials_ = 0;
  Levels levels_;  // of the callers' sizes
  size_t size_ = 0;
};

}  // namespace postern::limits
