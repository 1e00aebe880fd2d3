// Server: the listeners and the client connections behind them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/ip_network.h"
#include "base/log.h"
#include "base/result.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "http/service.h"
#include "wire/handshake_failures.h"
#include "wire/handshakes.h"
#include "wire/listener.h"
#include "wire/options.h"

namespace postern::wire {

class ServerConnection;
struct ServerRequest;

// Of one listener that speaks TLS.
struct CertificateInUse {
  std::string address;  // of the listener, as bound
  ListenTlsOptions files;
  std::shared_ptr<const TlsServer> tls;
  HandshakeCounts handshakes;
};

// Accepts from every listener and serves HTTP/1 by asking `service`, which must outlive it. Loop
// thread.
class Server final : private Acceptor {
 public:
  Server(event::Loop& loop, const ServerOptions& options, http::Service& service,
         log::Logger& logger);
  ~Server() override;

  // Binds and listens at once. The address as bound, with its port; the error says which address
  // and why, or which file of its TLS.
  Result<std::string> listen(const ListenOptions& options);
  Result<std::string> listen(const ListenOptions& options, ListeningSocket socket);

  std::vector<CertificateInUse> certificates() const;
  // From its next connection on. REQUIRES: the listener bound to `address` speaks TLS.
  void use(const std::string& address, std::shared_ptr<const TlsServer> tls);

  // From now on, for connections there are as well. What bounds a head is set once, at the start.
  void set_options(const ServerOptions& options);

  // Stops listening, closes idle connections and lets the others end; one that is new has a second
  // to bring its first request. `done` is called when none is left; it may be called from inside.
  void drain(std::function<void()> done);

  size_t connections() const { return connections_.size(); }

 private:
  friend class ServerConnection;
  void on_accept(Listener& listener, Socket socket, const Address& peer) override;
  void on_exhausted(Listener& listener) override;

  std::unique_ptr<ServerRequest> take_request();
  void give_request(std::unique_ptr<ServerRequest> request);
  void remove(ServerConnection& connection);
  bool is_newcomer(const ServerConnection& connection) const;
  bool may_be_asking(const ServerConnection& connection) const;
  ServerConnection* longest_idle();
  void close_idle();
  void close_longest_idle();
  void retry_accept();
  void on_rest();  // a connection has become idle
  void make_room_for_handshake();
  void on_handshake_failed(Listener& listener, const std::string& peer, const std::string& reason);
  void tell_handshakes();
  bool trusts(std::string_view peer) const;  // its address, with or without a port
  void accept_again();
  bool draining() const { return draining_; }
  void pause_listeners(bool paused);

  event::Loop& loop_;
  ServerOptions options_;
  http::Service& service_;
  log::Logger& logger_;
  BlockPool blocks_;
  std::vector<std::unique_ptr<ServerRequest>> spare_requests_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  Handshakes handshakes_;
  std::vector<std::unique_ptr<ServerConnection>> connections_;
  event::Deadline retry_accept_;
  event::Deadline end_of_newcomers_;  // while draining
  Instant say_exhausted_{};           // not before
  HandshakeFailures handshake_failures_;
  event::Deadline tell_handshakes_;  // that have failed
  std::vector<IpNetwork> trusted_;   // proxies
  std::function<void()> drained_;
  bool draining_ = false;
  bool full_ = false;  // max_connections reached
};

}  // namespace postern::wire
