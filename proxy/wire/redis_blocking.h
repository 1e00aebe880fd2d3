// RedisBlocking: a Redis for threads that may wait.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "redis/client.h"
#include "redis/options.h"
#include "wire/resolver.h"

namespace postern::wire {

// A client driven by a loop of its own, which turns while somebody waits. May be made by one
// thread and used by another, one at a time.
class RedisBlocking final : public redis::Server {
 public:
  // Connects to nothing yet. The error says which setting or file cannot be used and why.
  static Result<std::unique_ptr<RedisBlocking>> make(const redis::Options& options);

  redis::Answer call(const redis::Command& command) override;

 private:
  explicit RedisBlocking(const redis::Options& options);
  void on_answer(uint64_t serial, redis::Answer answer);

  const Duration patience_;
  event::Loop loop_;
  Resolver resolver_;
  event::Deadline out_of_time_;
  std::unique_ptr<redis::Client> client_;
  uint64_t serial_ = 0;  // of the call that is waited for
  std::optional<redis::Answer> answer_;
};

}  // namespace postern::wire
