#include "wire/redis_cluster.h"

#include <chrono>
#include <utility>

namespace postern::wire {
namespace {

using redis::Answer;
using redis::Failure;
using redis::Fate;

constexpr Duration kBetweenMaps = std::chrono::milliseconds(100);
constexpr int kMaxRedirections = 5;

}  // namespace

RedisCluster::RedisCluster(std::unique_ptr<RedisSetup> setup)
    : event::Task(setup->loop), setup_(std::move(setup)) {}

RedisCluster::~RedisCluster() = default;

void RedisCluster::send(redis::Command command, Callback callback) {
  auto call = std::make_shared<Call>(Call{std::move(command), std::move(callback)});
  learn();
  if (!map_.is_empty()) return route(call);
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
  const std::vector<redis::Address>& nodes = map_.nodes();
  const size_t place = seed_++ % (seeds.size() + nodes.size());
  const redis::Address asked = place < seeds.size() ? seeds[place] : nodes[place - seeds.size()];
  connection_to(asked).send({"CLUSTER", "SLOTS"},
                            [this, asked](const Answer& answer) { on_map(asked, answer); });
}

void RedisCluster::on_map(const redis::Address& asked, const Answer& answer) {
  learned_ = setup_->loop.now();
  const std::string why = adopt_map(asked, answer);
  if (!why.empty() && ++tried_ < setup_->topology.addresses.size() + map_.nodes().size())
    return ask_for_map();
  is_learning_ = false;
  if (why.empty()) drop_strangers();
  for (const CallPointer& call : std::exchange(waiting_, {})) {
    if (!map_.is_empty())
      route(call);
    else
      refuse(std::move(call->callback),
             "no node of the cluster answers; the last one asked: " + why);
  }
}

// Empty: that was a map. Otherwise why not, and the old one stays.
std::string RedisCluster::adopt_map(const redis::Address& asked, const Answer& answer) {
  if (!answer) return answer.error().what;
  auto map = redis::SlotMap::parse(*answer, asked);
  if (!map) return asked.text() + " answered CLUSTER SLOTS with " + map.error().what;
  map_ = std::move(*map);
  is_doubtful_ = false;
  return {};
}

// Connections to nodes that have left, or were asked for the map alone. What is under way there is
// answered first, for the node may have executed it.
void RedisCluster::drop_strangers() {
  has_strangers_ = false;
  for (auto one = connections_.begin(); one != connections_.end();) {
    const bool is_stranger = !map_.has(one->second->address());
    if (!is_stranger || !one->second->is_idle()) {
      has_strangers_ |= is_stranger;
      ++one;
      continue;
    }
    one->second->close("it has no slots of the cluster");
    setup_->loop.dispose(std::move(one->second));
    one = connections_.erase(one);
  }
}

// ------------------------------------------------------------------------------------ the commands

void RedisCluster::route(const CallPointer& call) {
  const std::string& key = call->command.key();
  const redis::Address* owner = key.empty() ? nullptr : map_.owner_of(redis::slot_of(key));
  // A node that does not have the slot says who has, or that nobody has.
  send_to(owner != nullptr ? *owner : map_.nodes().front(), call);
}

void RedisCluster::send_to(const redis::Address& node, const CallPointer& call) {
  connection_to(node).send(call->command, [this, node, call](Answer answer) {
    on_answer(node, call, std::move(answer));
  });
}

void RedisCluster::on_answer(const redis::Address& node, const CallPointer& call, Answer answer) {
  is_doubtful_ |= !answer;
  if (has_strangers_) drop_strangers();
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
  const redis::Address target = redis::node_named(node, to.host, to.port);
  if (to.is_ask) {
    connection_to(target).send({"ASKING"}, [](const Answer&) {});
  } else {
    map_.move(to.slot, target);
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

void RedisCluster::refuse(Callback callback, std::string what) {
  refused_.push_back({std::move(callback), std::move(what)});
  schedule();
}

void RedisCluster::run() noexcept {
  for (const Refused& one : std::exchange(refused_, {}))
    one.callback(tl::unexpected<Failure>(Failure{one.what, Fate::kNotExecuted}));
}

}  // namespace postern::wire
