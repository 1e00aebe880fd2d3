// Connector: one new connection to a server: name, TCP, egress proxy, TLS.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "event/deadline.h"
#include "event/fd_watch.h"
#include "http/upstream.h"
#include "wire/egress.h"
#include "wire/resolver.h"
#include "wire/socket.h"
#include "wire/tls.h"

namespace postern::wire {

class Connector;

class ConnectorEvents {
 public:
  virtual ~ConnectorEvents() = default;
  // Exactly one of them, once; the connector may then be disposed of. Never from inside start().
  // Without TLS the stream is null.
  virtual void on_connected(Connector& connector, Socket socket,
                            std::unique_ptr<TlsStream> tls) = 0;
  virtual void on_connect_failed(Connector& connector, const http::Failure& failure) = 0;
};

// What all connections to one upstream share.
struct Destination {
  HostPort where;
  std::optional<EgressProxy> proxy;
  Duration timeout{};  // for all stages together
};

// Races addresses: the next one is tried when the last has failed or after 250 ms (RFC 8305 §5).
// Destroying it gives up. Loop thread; everything passed in must outlive it.
class Connector final : public event::Disposable, private event::FdEvents, private event::Task {
 public:
  // `tls`: null to go without.
  Connector(event::Loop& loop, Resolver& resolver, TlsContext* tls, const Destination& destination,
            ConnectorEvents& events);

  void start();

 private:
  enum class Stage : uint8_t { kResolve, kConnect, kProxyAsk, kProxyAnswer, kTls, kOver };

  // One address being tried.
  class Attempt final : private event::FdEvents {
   public:
    Attempt(Connector& owner, const Address& address);
    const Address& address() const { return address_; }
    int error() const { return error_; }
    Socket take_socket();

   private:
    void on_ready(event::Readiness ready) noexcept override;
    Connector& owner_;
    Address address_;
    Socket socket_;
    int error_ = 0;  // errno of a failed connect
    std::optional<event::FdWatch> watch_;
  };

  void on_ready(event::Readiness ready) noexcept override;  // the winner's socket
  void run() noexcept override;                             // reports a failure found in start()

  void on_resolved(const Resolver::Answer& answer);
  void try_next();
  void on_attempt_ready(Attempt& attempt, int error);
  void adopt(Attempt& attempt);
  void ask_proxy();
  void read_proxy_answer();
  void begin_tls();
  void shake_hands();
  void hand_over();
  void fail(http::FailKind kind, std::string detail);
  std::string_view stage_name() const;

  event::Loop& loop_;
  Resolver& resolver_;
  TlsContext* tls_context_;
  const Destination& destination_;
  ConnectorEvents& events_;
  Stage stage_ = Stage::kResolve;
  Resolver::Question question_;
  std::vector<Address> addresses_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  std::string last_error_;
  std::string peer_;  // address that won, for messages
  Socket socket_;
  Secret proxy_request_;
  size_t proxy_sent_ = 0;     // of it
  std::string proxy_answer_;  // so far
  std::unique_ptr<TlsStream> tls_;
  std::optional<http::Failure> failure_;
  event::Deadline timeout_;
  event::Deadline next_attempt_;
  std::optional<event::FdWatch> watch_;
};

}  // namespace postern::wire
