// RedisSubscription: hears what is published on some channels, for as long as it lives.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "redis/options.h"
#include "wire/redis_link.h"
#include "wire/redis_sentinels.h"

namespace postern::wire {

class RedisSubscriptionEvents {
 public:
  virtual ~RedisSubscriptionEvents() = default;
  // Never from inside the constructor. None may destroy the subscription.
  virtual void on_message(std::string_view channel, std::string_view payload) = 0;
  // From here on messages are heard: at first, and again after each loss. What was published
  // before may have been missed: look for yourself.
  virtual void on_subscribed() = 0;
  // Nothing is heard until on_subscribed(); it is tried again by itself. `why` is for people.
  virtual void on_unheard(const std::string& why) = 0;
};

// A connection of its own, to the server, the master that Sentinel names, or any node of the
// cluster, all of which hear the same. A silent one is found out by PING. Loop thread.
class RedisSubscription final : private RedisLinkEvents {
 public:
  // Connects soon. The error says which setting or file cannot be used and why. Loop, resolver and
  // events must outlive it.
  static Result<std::unique_ptr<RedisSubscription>> make(event::Loop& loop, Resolver& resolver,
                                                         const redis::Options& options,
                                                         std::vector<std::string> channels,
                                                         RedisSubscriptionEvents& events);
  RedisSubscription(std::unique_ptr<RedisSetup> setup, std::vector<std::string> channels,
                    RedisSubscriptionEvents& events);
  ~RedisSubscription() override;

 private:
  void on_link_ready(RedisLink& link) override;
  void on_link_reply(RedisLink& link, redis::Reply reply) override;
  void on_link_lost(RedisLink& link, const std::string& why) override;

  void try_now();
  void connect(const redis::Address& address);
  void on_confirmed();
  void on_check_due();
  void lose(const std::string& why);

  std::unique_ptr<RedisSetup> setup_;
  const std::vector<std::string> channels_;
  RedisSubscriptionEvents& events_;
  std::optional<RedisSentinels> sentinels_;
  std::unique_ptr<RedisLink> link_;
  size_t next_ = 0;       // of the addresses
  size_t confirmed_ = 0;  // channels
  bool has_pinged_ = false;
  uint32_t failures_ = 0;  // in a row
  std::minstd_rand random_;
  event::Deadline next_try_;
  event::Deadline check_due_;
};

}  // namespace postern::wire
