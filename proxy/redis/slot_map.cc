#include "redis/slot_map.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace postern::redis {
namespace {

// One line of CLUSTER SLOTS: [first, last, [host, port, …] of the master, … of its replicas].
struct Range {
  uint16_t first = 0;
  uint16_t last = 0;
  std::string_view host;  // empty: the node that was asked
  uint16_t port = 0;
};

std::optional<Range> parse_range(const Reply& line) {
  if (line.elements.size() < 3 || line.elements[2].elements.size() < 2) return std::nullopt;
  const int64_t first = line.elements[0].integer;
  const int64_t last = line.elements[1].integer;
  const std::vector<Reply>& master = line.elements[2].elements;
  const int64_t port = master[1].integer;
  if (first < 0 || last < first || last >= kSlots || port < 1 || port > 65535) return std::nullopt;
  return Range{static_cast<uint16_t>(first), static_cast<uint16_t>(last), master[0].text,
               static_cast<uint16_t>(port)};
}

}  // namespace

Address node_named(const Address& asked, std::string_view host, uint16_t port) {
  Address address = asked;
  if (!host.empty()) address.host = host;
  address.port = port;
  return address;
}

Result<SlotMap> SlotMap::parse(const Reply& reply, const Address& asked) {
  if (!reply.is_array() || reply.elements.empty())
    return fail(reply.shown() + ": is it a node of a cluster that has slots?");
  SlotMap map;
  std::map<std::pair<std::string_view, uint16_t>, uint16_t> known;  // by host and port
  for (const Reply& line : reply.elements) {
    const auto range = parse_range(line);
    if (!range) return fail("a range of slots that is none");
    const auto begin = map.owners_.begin() + range->first;
    const auto end = map.owners_.begin() + range->last + 1;
    const auto taken = std::find_if(begin, end, [](uint16_t owner) { return owner != kNobody; });
    if (taken != end)
      return fail("two masters of slot " + std::to_string(taken - map.owners_.begin()) +
                  ": see `redis-cli --cluster check`");
    const auto next = static_cast<uint16_t>(map.nodes_.size());
    const auto [node, is_new] = known.try_emplace({range->host, range->port}, next);
    if (is_new && next == kMaxNodes)
      return fail("more than " + std::to_string(kMaxNodes) + " masters");
    if (is_new) map.nodes_.push_back(node_named(asked, range->host, range->port));
    std::fill(begin, end, node->second);
  }
  return map;
}

bool SlotMap::has(const Address& node) const {
  return std::find(nodes_.begin(), nodes_.end(), node) != nodes_.end();
}

const Address* SlotMap::owner_of(uint16_t slot) const {
  return owners_[slot] == kNobody ? nullptr : &nodes_[owners_[slot]];
}

void SlotMap::move(uint16_t slot, const Address& node) {
  const auto found = std::find(nodes_.begin(), nodes_.end(), node);
  const auto index = static_cast<uint16_t>(found - nodes_.begin());
  if (index == kMaxNodes) return;
  if (found == nodes_.end()) nodes_.push_back(node);
  owners_[slot] = index;
}

}  // namespace postern::redis
