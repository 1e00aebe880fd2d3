// ListeningSocket: a bound address that accepts, and the name of it that the file system has.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/address.h"
#include "wire/options.h"
#include "wire/socket.h"

namespace postern::wire {

// Does this machine have the host at all? ("[::1]" where IPv6 is switched off: no)
bool has_host(std::string_view host);

// Non-blocking and closed on exec. Unlinks its unix socket when it goes, unless another one has
// taken its name.
class ListeningSocket final {
 public:
  // Binds and listens at once; a leftover of a dead process at a unix path is replaced. The error
  // says which address and why.
  static Result<ListeningSocket> open(const ListenOptions& options);
  // One that somebody else has opened and will keep: its file, if it has one, stays when it goes.
  // Errors: it does not listen for streams.
  static Result<ListeningSocket> adopt(Socket socket);
  ListeningSocket(ListeningSocket&&) noexcept = default;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ~ListeningSocket() { close(); }

  int fd() const { return socket_.fd(); }
  const std::string& address() const { return address_; }  // as bound, with its port
  void close();                                            // for good; address() stays valid

 private:
  // What a name in the file system stands for.
  struct FileId {
    dev_t device;
    ino_t number;
    bool operator==(const FileId&) const = default;
  };
  static std::optional<FileId> file_id(const std::string& path);
  ListeningSocket(Socket socket, const Address& bound);

  Socket socket_;
  std::string address_;
  std::optional<FileId> file_;  // of a unix socket that is to go with it
};

}  // namespace postern::wire
