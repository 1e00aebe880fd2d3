// Listener: one bound address that accepts connections.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "event/fd_watch.h"
#include "wire/address.h"
#include "wire/options.h"
#include "wire/socket.h"

namespace postern::wire {

// Does this machine have the host at all? ("[::1]" where IPv6 is switched off: no)
bool has_host(std::string_view host);

class Listener;

class Acceptor {
 public:
  virtual ~Acceptor() = default;
  virtual void on_accept(Listener& listener, Socket socket, const Address& peer) = 0;
  // No descriptor or memory for another connection. Call Listener::resume() later.
  virtual void on_exhausted(Listener& listener) = 0;
};

// What a name in the file system stands for.
struct FileId {
  dev_t device;
  ino_t number;
  bool operator==(const FileId&) const = default;
};

// Loop thread. Unlinks its unix socket when it goes, unless another one has taken its name.
class Listener final : private event::FdEvents {
 public:
  static Result<std::unique_ptr<Listener>> open(event::Loop& loop, const ListenOptions& options,
                                                Acceptor& acceptor);
  Listener(event::Loop& loop, const ListenOptions& options, Acceptor& acceptor, Socket socket,
           const Address& bound);
  ~Listener() override;

  const ListenOptions& options() const { return options_; }
  const std::string& address() const { return address_; }  // as bound

  void pause() { paused_ = true; }
  void resume();
  void close();  // for good; options() and address() stay valid

 private:
  void on_ready(event::Readiness ready) noexcept override;
  void accept_all();

  ListenOptions options_;
  Acceptor& acceptor_;
  Socket socket_;
  std::string address_;
  std::optional<FileId> file_;  // of a unix socket
  bool paused_ = false;
  std::optional<event::FdWatch> watch_;
};

}  // namespace postern::wire
