// SlotMap: which node of a cluster has which slots.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "redis/address.h"
#include "redis/reply.h"
#include "redis/slot.h"

namespace postern::redis {

// A node that a node names; without a host it is the one that was `asked`.
Address node_named(const Address& asked, std::string_view host, uint16_t port);

class SlotMap final {
 public:
  // Redis advises against more than a thousand.
  static constexpr size_t kMaxNodes = 1024;

  SlotMap() { owners_.fill(kNobody); }

  // Of the reply to CLUSTER SLOTS of the node that was `asked`; its replicas are passed over. The
  // error says what it has that no map has.
  static Result<SlotMap> parse(const Reply& reply, const Address& asked);

  bool is_empty() const { return nodes_.empty(); }
  const std::vector<Address>& nodes() const { return nodes_; }
  bool has(const Address& node) const;

  // Null: nobody is known to have it.
  const Address* owner_of(uint16_t slot) const;

  // One slot has moved. Where there are too many nodes already, nothing is noted.
  void move(uint16_t slot, const Address& node);

 private:
  static constexpr uint16_t kNobody = 0xffff;

  std::vector<Address> nodes_;
  std::array<uint16_t, kSlots> owners_;  // of each slot: an index of nodes_, or kNobody
};

}  // namespace postern::redis
