#include "wire/redis_cluster.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace postern::wire {
namespace {

using redis::Answer;
using redis::Failure;
using redis::Fate;
using redis::Reply;

constexpr Duration kBetweenMaps = std::chrono::milliseconds(100);
constexpr int kMaxRedirections = 5;

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
  if (first < 0 || last < first || last >= redis::kSlots || port < 1 || port > 65535)
    return std::nullopt;
  return Range{static_cast<uint16_t>(first), static_cast<uint16_t>(last), master[0].text,
               static_cast<uint16_t>(port)};
}

}  // namespace

RedisCluster::RedisCluster(std::unique_ptr<RedisSetup> setup)
    : event::Task(setup->loop), setup_(std::move(setup)) {
  owners_.fill(kNobody);
}

RedisCluster::~RedisCluster() = default;

void RedisCluster::send(redis::Command command, Callback callback) {
  auto call = std::make_shared<Call>(Call{std::move(command), std::move(callback)});
  learn();
  if (has_map_) return route(call);
  if (is_learning_) return waiting_.push_back(call);
  refuse(std::move(call->callback), "no node of the cluster was reachable a moment ago");
}

// --------------------------------------------------------------------------------------- the map

void RedisCluster::learn() {
  const bool is_early = learned_ != Instant{} && setup_->loop.now() - learned_ < kBetweenMaps;
  if (!is_doubtful_ || is_learning_ || is_early) return;
  is_learning_ = true;
  tried_ = 0;
  ask_for_map();
}

void RedisCluster::ask_for_map() {
  const std::vector<redis::Address>& seeds = setup_->topology.addresses;
  const size_t place = seed_++ % (seeds.size() + nodes_.size());
  const redis::Address asked = place < seeds.size() ? seeds[place] : nodes_[place - seeds.size()];
  connection_to(asked).send({"CLUSTER", "SLOTS"},
                            [this, asked](const Answer& answer) { on_map(asked, answer); });
}

void RedisCluster::on_map(const redis::Address& asked, const Answer& answer) {
  learned_ = setup_->loop.now();
  std::string why;
  if (!answer)
    why = answer.error().what;
  else if (!adopt_map(asked, *answer))
    why = asked.text() + " answered CLUSTER SLOTS with " + answer->shown() +
          ": is it a node of a cluster that has slots?";
  if (!why.empty() && ++tried_ < setup_->topology.addresses.size() + nodes_.size())
    return ask_for_map();
  is_learning_ = false;
  if (why.empty()) drop_strangers();
  for (const CallPointer& call : std::exchange(waiting_, {})) {
    if (has_map_)
      route(call);
    else
      refuse(std::move(call->callback),
             "no node of the cluster answers; the last one asked: " + why);
  }
}

// False: this is no map. Then the old one stays.
bool RedisCluster::adopt_map(const redis::Address& asked, const Reply& reply) {
  if (!reply.is_array() || reply.elements.empty()) return false;
  std::vector<Range> ranges;
  for (const Reply& line : reply.elements) {
    const auto range = parse_range(line);
    if (!range) return false;
    ranges.push_back(*range);
  }
  nodes_.clear();
  owners_.fill(kNobody);
  for (const Range& range : ranges) {
    const uint16_t owner = index_of(address_of(asked, range.host, range.port));
    std::fill(owners_.begin() + range.first, owners_.begin() + range.last + 1, owner);
  }
  has_map_ = true;
  is_doubtful_ = false;
  return true;
}

// Connections to nodes that have left, or were asked for the map alone.
void RedisCluster::drop_strangers() {
  for (auto one = connections_.begin(); one != connections_.end();) {
    const redis::Address& address = one->second->address();
    if (std::find(nodes_.begin(), nodes_.end(), address) != nodes_.end()) {
      ++one;
      continue;
    }
    one->second->close("it has no slots of the cluster any more");
    setup_->loop.dispose(std::move(one->second));
    one = connections_.erase(one);
  }
}

// ------------------------------------------------------------------------------------ the commands

void RedisCluster::route(const CallPointer& call) {
  const std::string& key = call->command.key();
  const uint16_t owner = key.empty() ? 0 : owners_[redis::slot_of(key)];
  // A node that does not have the slot says who has, or that nobody has.
  send_to(nodes_[owner == kNobody ? 0 : owner], call);
}

void RedisCluster::send_to(const redis::Address& node, const CallPointer& call) {
  connection_to(node).send(call->command, [this, node, call](Answer answer) {
    on_answer(node, call, std::move(answer));
  });
}

void RedisCluster::on_answer(const redis::Address& node, const CallPointer& call, Answer answer) {
  is_doubtful_ |= !answer;
  const auto to = answer ? redis::parse_redirect(*answer) : std::nullopt;
  if (!to) return call->callback(std::move(answer));
  redirect(node, call, *to);
}

void RedisCluster::redirect(const redis::Address& node, const CallPointer& call,
                            const redis::Redirect& to) {
  if (++call->redirections > kMaxRedirections)
    return call->callback(tl::unexpected<Failure>(
        Failure{"the nodes of the cluster send each other's commands around; " + node.text() +
                    " was the last: see `redis-cli --cluster check`",
                Fate::kNotExecuted}));
  const redis::Address target = address_of(node, to.host, to.port);
  if (to.is_ask) {
    connection_to(target).send({"ASKING"}, [](const Answer&) {});
  } else {
    owners_[to.slot] = index_of(target);
    is_doubtful_ = true;
    learn();
  }
  send_to(target, call);
}

RedisConnection& RedisCluster::connection_to(const redis::Address& node) {
  std::unique_ptr<RedisConnection>& connection = connections_[node.text()];
  if (!connection) connection = std::make_unique<RedisConnection>(*setup_, node);
  return *connection;
}

uint16_t RedisCluster::index_of(const redis::Address& node) {
  const auto found = std::find(nodes_.begin(), nodes_.end(), node);
  const auto index = static_cast<uint16_t>(found - nodes_.begin());
  if (found == nodes_.end()) nodes_.push_back(node);
  return index;
}

redis::Address RedisCluster::address_of(const redis::Address& asked, std::string_view host,
                                        uint16_t port) const {
  redis::Address address = asked;
  if (!host.empty()) address.host = host;
  address.port = port;
  return address;
}

void RedisCluster::refuse(Callback callback, std::string what) {
  refused_.push_back({std::move(callback), std::move(what)});
  schedule();
}

void RedisCluster::run() noexcept {
  for (const Refused& one : std::exchange(refused_, {}))
    one.callback(tl::unexpected<Failure>(Failure{one.what, Fate::kNotExecuted}));
}

}  // namespace postern::wire
