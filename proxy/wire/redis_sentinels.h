// RedisSentinels: asks Sentinels, one after the other, which server is the master.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "redis/address.h"
#include "redis/client.h"
#include "wire/redis_connection.h"

namespace postern::wire {

// REQUIRES: a topology of the kind kSentinel. The one that answered last is asked first the next
// time. Loop thread.
class RedisSentinels final {
 public:
  using Found = std::function<void(Result<redis::Address>)>;

  explicit RedisSentinels(const RedisSetup& setup);
  RedisSentinels(const RedisSentinels&) = delete;
  RedisSentinels& operator=(const RedisSentinels&) = delete;
  ~RedisSentinels();

  // REQUIRES: no other question under way. `found` comes once, never from inside.
  void ask(Found found);

 private:
  void ask_next();
  void on_answer(const redis::Answer& answer);
  Result<redis::Address> master_in(const redis::Answer& answer) const;
  void tell(Result<redis::Address> result);
  void discard_connection();

  RedisSetup setup_;
  Found found_;
  std::unique_ptr<RedisConnection> connection_;
  size_t current_ = 0;  // of the addresses
  size_t tried_ = 0;    // for this question
};

}  // namespace postern::wire
