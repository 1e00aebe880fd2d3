#include "wire/redis_subscription.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "redis/command.h"
#include "wire/redis_client.h"

namespace postern::wire {
namespace {

using redis::Command;
using redis::Reply;

constexpr Duration kBetweenChecks = std::chrono::seconds(5);

bool is_push(const Reply& reply, std::string_view kind, size_t size) {
  return reply.elements.size() == size && reply.elements[0].text == kind;
}

}  // namespace

Result<std::unique_ptr<RedisSubscription>> RedisSubscription::make(
    event::Loop& loop, Resolver& resolver, const redis::Options& options,
    std::vector<std::string> channels, RedisSubscriptionEvents& events) {
  auto setup = make_redis_setup(loop, resolver, options);
  if (!setup) return fail(setup.error().what);
  return std::make_unique<RedisSubscription>(std::move(*setup), std::move(channels), events);
}

RedisSubscription::RedisSubscription(std::unique_ptr<RedisSetup> setup,
                                     std::vector<std::string> channels,
                                     RedisSubscriptionEvents& events)
    : setup_(std::move(setup)),
      channels_(std::move(channels)),
      events_(events),
      random_(std::random_device()()),
      next_try_(setup_->loop, [this] { try_now(); }),
      check_due_(setup_->loop, [this] { on_check_due(); }) {
  if (setup_->topology.kind == redis::Topology::Kind::kSentinel) sentinels_.emplace(*setup_);
  next_try_.set(setup_->loop.now());
}

RedisSubscription::~RedisSubscription() = default;

void RedisSubscription::try_now() {
  const std::vector<redis::Address>& addresses = setup_->topology.addresses;
  if (!sentinels_) return connect(addresses[next_++ % addresses.size()]);
  sentinels_->ask([this](const Result<redis::Address>& master) {
    master ? connect(*master) : lose(master.error().what);
  });
}

void RedisSubscription::connect(const redis::Address& address) {
  RedisLinkEvents& events = *this;
  const auto peer = sentinels_ ? RedisLink::Peer::kMaster : RedisLink::Peer::kServer;
  link_ = std::make_unique<RedisLink>(*setup_, address, peer, events);
  confirmed_ = 0;
  has_pinged_ = false;
  link_->start();
}

void RedisSubscription::on_link_ready(RedisLink& link) {
  std::vector<std::string_view> words{"SUBSCRIBE"};
  words.insert(words.end(), channels_.begin(), channels_.end());
  link.write(Command(Command::Words(words)).bytes());
  check_due_.set_after(setup_->options.timeout);
}

void RedisSubscription::on_link_reply(RedisLink& link, Reply reply) {
  if (is_push(reply, "message", 3))
    return events_.on_message(reply.elements[1].text, reply.elements[2].text);
  if (is_push(reply, "subscribe", 3)) return on_confirmed();
  if (is_push(reply, "pong", 2)) {
    has_pinged_ = false;
    return check_due_.set_after(kBetweenChecks);
  }
  const std::string place = link.address().text();
  const auto refusal = redis::refusal_of(reply, place, link.asker());
  lose(refusal ? refusal->what : place + " answered SUBSCRIBE with " + reply.shown());
}

void RedisSubscription::on_confirmed() {
  if (++confirmed_ != channels_.size()) return;
  failures_ = 0;
  check_due_.set_after(kBetweenChecks);
  events_.on_subscribed();
}

void RedisSubscription::on_check_due() {
  if (confirmed_ < channels_.size()) return lose("it did not answer SUBSCRIBE in time");
  if (has_pinged_) return lose("it does not answer PING any more");
  has_pinged_ = true;
  link_->write(Command{"PING"}.bytes());
  check_due_.set_after(setup_->options.timeout);
}

void RedisSubscription::on_link_lost(RedisLink& link, const std::string& why) {
  lose(link.address().text() + ": " + why);
}

void RedisSubscription::lose(const std::string& why) {
  check_due_.clear();
  if (link_) {
    link_->close();
    setup_->loop.dispose(std::move(link_));
  }
  next_try_.set_after(rest_after(failures_++, kRedisRest, random_));
  events_.on_unheard(why);
}

}  // namespace postern::wire
