// Listener: one bound address that accepts connections.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "event/fd_watch.h"
#include "wire/address.h"
#include "wire/listening_socket.h"
#include "wire/options.h"
#include "wire/socket.h"

namespace postern::wire {

class Listener;

class Acceptor {
 public:
  virtual ~Acceptor() = default;
  virtual void on_accept(Listener& listener, Socket socket, const Address& peer) = 0;
  // No descriptor or memory for another connection. Call Listener::resume() later.
  virtual void on_exhausted(Listener& listener) = 0;
};

// Loop thread.
class Listener final : private event::FdEvents {
 public:
  Listener(event::Loop& loop, const ListenOptions& options, Acceptor& acceptor,
           ListeningSocket socket);

  const ListenOptions& options() const { return options_; }
  const std::string& address() const { return socket_.address(); }  // as bound

  void pause() { paused_ = true; }
  void resume();
  void close();  // for good; options() and address() stay valid

 private:
  void on_ready(event::Readiness ready) noexcept override;
  void accept_all();

  ListenOptions options_;
  Acceptor& acceptor_;
  ListeningSocket socket_;
  bool paused_ = false;
  std::optional<event::FdWatch> watch_;
};

}  // namespace postern::wire
