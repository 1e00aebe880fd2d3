// RedisCluster: commands to the nodes that have their keys.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "event/loop.h"
#include "redis/client.h"
#include "redis/redirect.h"
#include "redis/slot_map.h"
#include "wire/redis_connection.h"

namespace postern::wire {

// Asks a node for the map of slots at the first command, and again when a node says MOVED or fails.
// Redirections are followed, a few. One connection to each node that is used. Loop thread.
class RedisCluster final : public redis::Client, private event::Task {
 public:
  explicit RedisCluster(std::unique_ptr<RedisSetup> setup);
  ~RedisCluster() override;

  void send(redis::Command command, Callback callback) override;

 private:
  struct Call {
    redis::Command command;
    Callback callback;
    int redirections = 0;
  };
  using CallPointer = std::shared_ptr<Call>;

  void run() noexcept override;
  void learn();
  void ask_for_map();
  void on_map(const redis::Address& asked, const redis::Answer& answer);
  std::string adopt_map(const redis::Address& asked, const redis::Answer& answer);
  void drop_strangers();
  void route(const CallPointer& call);
  void send_to(const redis::Address& node, const CallPointer& call);
  void on_answer(const redis::Address& node, const CallPointer& call, redis::Answer answer);
  void redirect(const redis::Address& node, const CallPointer& call, const redis::Redirect& to);
  RedisConnection& connection_to(const redis::Address& node);
  void refuse(Callback callback, std::string what);

  std::unique_ptr<RedisSetup> setup_;
  std::map<std::string, std::unique_ptr<RedisConnection>> connections_;  // by address
  redis::SlotMap map_;                                                   // empty: none is known yet
  bool is_doubtful_ = true;                                              // whether the map is right
  bool is_learning_ = false;
  bool has_strangers_ = false;        // connections that go when their calls are answered
  Instant learned_{};                 // or tried to
  size_t seed_ = 0;                   // whom to ask next
  size_t tried_ = 0;                  // for the map under way
  std::vector<CallPointer> waiting_;  // for the first map
  struct Refused {
    Callback callback;
    std::string what;
  };
  std::vector<Refused> refused_;
};

}  // namespace postern::wire
