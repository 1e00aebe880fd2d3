// RedisScript: a script of ours that runs often. Redis knows it by its digest; it is sent whole
// only where Redis does not have it: at first, after a restart, after a failover.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "redis/client.h"

namespace postern::wire {

// Not to be changed; loop thread.
class RedisScript final {
 public:
  // What the view shows must outlive this.
  explicit RedisScript(std::string_view source);

  // EVALSHA, then EVAL if need be; as Client::send for the callback. This must outlive the client.
  void run(redis::Client& client, std::vector<std::string> keys, std::vector<std::string> arguments,
           redis::Client::Callback callback) const;

 private:
  std::string_view source_;
  std::string digest_;  // SHA1, hex
};

}  // namespace postern::wire
