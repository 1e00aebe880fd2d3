// Client and Server: how Redis is asked, without and with waiting.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "redis/command.h"
#include "redis/reply.h"

namespace postern::redis {

// What became of a command that has no reply.
enum class Fate : uint8_t {
  kNotExecuted,    // it surely was not, and may be sent again
  kMaybeExecuted,  // it was under way when the connection ended, or is a script that was ended
                   // half way: look before it is sent again
};

struct Failure {
  std::string what;  // what, where, what to do
  Fate fate = Fate::kNotExecuted;
};

// A reply, which may be Redis's error about this command (WRONGTYPE, a script's own); or a failure
// when there is none or Redis takes no commands just now.
using Answer = Result<Reply, Failure>;

class Client {
 public:
  using Callback = std::function<void(Answer)>;
  virtual ~Client() = default;

  // The callback comes exactly once, within the timeouts, in the order of sending for one key, and
  // never from inside send(). It must not destroy the client. Destroying the client drops the
  // callbacks. Loop thread.
  virtual void send(Command command, Callback callback) = 0;
};

class Server {
 public:
  virtual ~Server() = default;

  // Waits for the answer, at most for the timeouts of connecting and of the command. Any thread,
  // one at a time.
  virtual Answer call(const Command& command) = 0;
};

// Who asked, and what, for advice. Views, valid for the call.
struct Asker {
  std::string_view user;                // of the ACL; empty: the one called default
  std::string_view prefix = "postern";  // of keys and channels
  std::string_view password_setting = "store.redis.password_file";
  std::string_view script = {};  // that the command was; empty: it was none, or is not known
};

// The failure that an error of the server as a whole amounts to: it is loading, a replica, full, or
// does not let us (`where` names the server). Nothing for errors about the command itself.
std::optional<Failure> refusal_of(const Reply& reply, std::string_view where,
                                  const Asker& asker = {});

}  // namespace postern::redis
