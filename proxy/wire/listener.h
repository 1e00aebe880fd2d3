// Listener: one bound address that accepts connections.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "event/fd_watch.h"
#include "wire/address.h"
#include "wire/listening_socket.h"
#include "wire/options.h"
#include "wire/socket.h"
#include "wire/tls_server.h"

namespace postern::wire {

class Listener;

class Acceptor {
 public:
  virtual ~Acceptor() = default;
  virtual void on_accept(Listener& listener, Socket socket, const Address& peer) = 0;
  // No descriptor or memory for another connection. Call Listener::resume() later.
  virtual void on_exhausted(Listener& listener) = 0;
};

struct HandshakeCounts {
  uint64_t full = 0;
  uint64_t resumed = 0;
  uint64_t failed = 0;  // refused by either side, not in time, or no TLS
};

// Loop thread.
class Listener final : private event::FdEvents {
 public:
  // `tls` is null where the listener speaks plain HTTP.
  Listener(event::Loop& loop, const ListenOptions& options, Acceptor& acceptor,
           ListeningSocket socket, std::shared_ptr<const TlsServer> tls);

  const ListenOptions& options() const { return options_; }
  const std::string& address() const { return socket_.address(); }  // as bound

  // For connections from now on; those that there are keep what they began with, as long as this
  // one trusts their caller too.
  const std::shared_ptr<const TlsServer>& tls() const { return tls_; }
  void use(std::shared_ptr<const TlsServer> tls) {
    tls_ = std::move(tls);
    ++tls_number_;
  }
  uint32_t tls_number() const { return tls_number_; }  // another for each that is used
  HandshakeCounts& handshakes() { return handshakes_; }
  const HandshakeCounts& handshakes() const { return handshakes_; }

  void pause() { paused_ = true; }
  void resume();
  void close();  // for good; options() and address() stay valid

 private:
  void on_ready(event::Readiness ready) noexcept override;
  void accept_all();

  ListenOptions options_;
  Acceptor& acceptor_;
  ListeningSocket socket_;
  std::shared_ptr<const TlsServer> tls_;
  uint32_t tls_number_ = 0;
  HandshakeCounts handshakes_;
  bool paused_ = false;
  std::optional<event::FdWatch> watch_;
};

}  // namespace postern::wire
