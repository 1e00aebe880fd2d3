// RedisFailover: commands to whichever server Sentinel calls the master.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "event/loop.h"
#include "redis/client.h"
#include "wire/redis_connection.h"
#include "wire/redis_sentinels.h"

namespace postern::wire {

// Sentinel is asked at the first command and again after each failure, at most ten times a second.
// Commands sent while it is asked wait for its answer. Loop thread.
class RedisFailover final : public redis::Client, private event::Task {
 public:
  explicit RedisFailover(std::unique_ptr<RedisSetup> setup);
  ~RedisFailover() override;

  void send(redis::Command command, Callback callback) override;

 private:
  struct Call {
    redis::Command command;
    Callback callback;
  };

  void run() noexcept override;
  void forward(Call call);
  void on_found(const Result<redis::Address>& master);
  void follow(const redis::Address& master);

  std::unique_ptr<RedisSetup> setup_;
  RedisSentinels sentinels_;
  std::unique_ptr<RedisConnection> connection_;  // to the master named last
  std::vector<Call> waiting_;                    // for Sentinel's answer
  std::vector<Callback> refused_;
  bool is_asking_ = false;
  bool is_doubtful_ = true;  // whether the master is still the same
  Instant asked_{};
  std::string why_;  // no master is known
};

}  // namespace postern::wire
