// RedisConnection: commands to one Redis, one reply each, over one link after the other.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "event/deadline.h"
#include "event/loop.h"
#include "redis/address.h"
#include "redis/client.h"
#include "wire/redis_link.h"

namespace postern::wire {

// Connects when there is something to ask. Commands are pipelined; replies come in their order. A
// command without a reply in time ends the link, since later replies could not be told apart from
// its own. After a failure it rests for a moment, in which commands fail at once; it never sends a
// command twice. Loop thread.
class RedisConnection final : public redis::Client,
                              public event::Disposable,
                              private RedisLinkEvents,
                              private event::Task {
 public:
  RedisConnection(RedisSetup& setup, const redis::Address& address,
                  RedisLink::Peer peer = RedisLink::Peer::kServer);
  ~RedisConnection() override;

  void send(redis::Command command, Callback callback) override;

  bool is_idle() const { return sent_.empty() && waiting_.empty() && refused_.empty(); }

  // All commands fail, soon; `why` says what has come to pass. For one that is to be disposed of.
  void close(const std::string& why);

  const redis::Address& address() const { return address_; }

 private:
  struct Call {
    redis::Command command;
    Callback callback;
  };
  struct Sent {
    Callback callback;
    Instant due;
    std::string script;  // empty: it was none
  };
  struct Refused {
    Callback callback;
    redis::Failure failure;
  };

  void on_link_ready(RedisLink& link) override;
  void on_link_reply(RedisLink& link, redis::Reply reply) override;
  void on_link_lost(RedisLink& link, const std::string& why) override;
  void run() noexcept override;

  void connect();
  void transmit(Call call);
  void refuse(Callback callback, std::string what, redis::Fate fate);
  void on_timeout();
  void drop_link(const std::string& why);
  void discard_link();
  void rest();
  std::string resting_text() const;

  RedisSetup& setup_;
  const redis::Address address_;
  const RedisLink::Peer peer_;
  std::unique_ptr<RedisLink> link_;
  std::deque<Call> waiting_;  // for a link to be ready
  std::deque<Sent> sent_;     // for their replies
  std::vector<Refused> refused_;
  bool has_carried_ = false;  // a command, on this link
  bool is_spoilt_ = false;    // another link will do better, once the replies are there
  std::string why_;           // of the last failure
  uint32_t failures_ = 0;     // in a row
  Instant rests_until_{};
  std::minstd_rand random_;
  event::Deadline reply_due_;
};

}  // namespace postern::wire
