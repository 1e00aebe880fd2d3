// RedisLink: one connection to one Redis, from its making to its end.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/buffer.h"
#include "base/result.h"
#include "event/deadline.h"
#include "event/fd_watch.h"
#include "event/loop.h"
#include "redis/address.h"
#include "redis/client.h"
#include "redis/command.h"
#include "redis/options.h"
#include "redis/reply.h"
#include "redis/reply_parser.h"
#include "redis/topology.h"
#include "wire/connector.h"
#include "wire/redis_tls.h"
#include "wire/redis_words.h"
#include "wire/resolver.h"
#include "wire/rest.h"
#include "wire/socket.h"
#include "wire/tls.h"

namespace postern::wire {

inline constexpr Rest kRedisRest{std::chrono::milliseconds(100), std::chrono::seconds(1)};

class RedisLink;

class RedisLinkEvents {
 public:
  virtual ~RedisLinkEvents() = default;
  // Never from inside start() or write(). The link may be closed and disposed of in any.
  virtual void on_link_ready(RedisLink& link) = 0;  // once: write() is allowed from here on
  virtual void on_link_reply(RedisLink& link, redis::Reply reply) = 0;
  virtual void on_link_lost(RedisLink& link, const std::string& why) = 0;  // last
};

// What all links of one client share; must outlive those that are not closed.
struct RedisSetup {
  RedisSetup(event::Loop& its_loop, Resolver& its_resolver, redis::Options its_options,
             redis::Topology its_topology)
      : loop(its_loop),
        resolver(its_resolver),
        options(std::move(its_options)),
        topology(std::move(its_topology)),
        tls(options) {}

  event::Loop& loop;
  Resolver& resolver;
  redis::Options options;
  redis::Topology topology;
  RedisTls tls;
  BlockPool blocks{4};
  std::set<std::string> worked;  // servers that a link was ready at
};

// TLS or not, the password and the database are dealt with before it is ready. Files may change:
// the next link goes by what is in them then. Its owner closes it and hands it to Loop::dispose.
// Loop thread.
class RedisLink final : public event::Disposable,
                        private event::FdEvents,
                        private event::Task,
                        private ConnectorEvents {
 public:
  // kMaster: no longer one, no link. kSentinel: has a password of its own and no database.
  enum class Peer : uint8_t { kServer, kMaster, kSentinel };

  RedisLink(RedisSetup& setup, const redis::Address& address, Peer peer, RedisLinkEvents& events);

  void start();
  bool is_ready() const { return state_ == State::kReady; }
  const redis::Address& address() const { return address_; }
  redis::Asker asker() const;          // as whom this link asks
  void write(std::string_view bytes);  // REQUIRES: is_ready()

  // Notices an end that the kernel knows of and the loop has not had a turn to tell: on_link_lost
  // then comes from inside.
  void notice_end();

  void close();  // no event comes any more, and nothing of the setup is needed any more

 private:
  enum class State : uint8_t { kConnecting, kGreeting, kReady, kLost };
  enum class Step : uint8_t { kPassword, kDatabase, kName, kRole };

  void run() noexcept override;
  void on_ready(event::Readiness ready) noexcept override;
  void on_connected(Connector& connector, Socket socket, std::unique_ptr<TlsStream> tls) override;
  void on_connect_failed(Connector& connector, const http::Failure& failure) override;

  Result<void> connect();
  Result<void> connect_unix();
  void greet();
  Result<Secret> password() const;
  void ask(Step step, const redis::Command& command);
  void hear(const redis::Reply& reply);
  std::string fault_of(Step step, const redis::Reply& reply) const;
  std::string password_fault(const redis::Reply& reply) const;
  RedisPeer peer() const;
  void flush();
  void receive_replies();
  bool hand_on_replies();
  void ended(IoStatus status);
  void lose(const std::string& why);

  RedisSetup& setup_;
  const redis::Address address_;
  const Peer peer_;
  RedisLinkEvents& events_;
  State state_ = State::kConnecting;
  std::optional<std::string> fault_;  // found in start()
  std::deque<Step> steps_;            // of the greeting, asked and not answered
  Destination destination_;
  std::shared_ptr<TlsContext> tls_context_;
  std::unique_ptr<Connector> connector_;
  Socket socket_;
  std::unique_ptr<TlsStream> tls_;
  redis::ReplyParser parser_;
  Buffer out_;
  bool want_receive_ = false;
  const Instant due_;  // to be ready by
  event::Deadline timeout_;
  std::optional<event::FdWatch> watch_;
};

// A secret that stands in a file, without the line's end.
Result<Secret> read_secret(const std::string& path);

}  // namespace postern::wire
