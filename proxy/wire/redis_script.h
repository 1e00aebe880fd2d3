// RedisScript: a script of ours that runs often. Redis knows it by its digest; it is sent whole
// only at first, and where Redis has turned out not to have it: after a restart, after a failover.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "redis/client.h"

namespace postern::wire {

// Of one client; loop thread.
class RedisScript final {
 public:
  // What the view shows must outlive this.
  explicit RedisScript(std::string_view source);

  // One command, EVAL or EVALSHA; as Client::send for the callback. A Redis that does not have the
  // script answers NOSCRIPT, and is sent it with what is next run on that key. This must outlive
  // the client.
  void run(redis::Client& client, std::vector<std::string> keys, std::vector<std::string> arguments,
           redis::Client::Callback callback);

 private:
  void learn(const std::string& key, const redis::Answer& answer);

  std::string_view source_;
  std::string digest_;               // SHA1, hex
  bool is_known_ = false;            // somewhere
  std::set<std::string> strangers_;  // keys whose node answered NOSCRIPT; at most kMostStrangers
};

}  // namespace postern::wire
