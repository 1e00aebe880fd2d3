#include "wire/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace postern::wire {
namespace {

constexpr int kBacklog = 1024;
// Accepted in one turn before others get theirs.
constexpr int kBatch = 64;

std::string unix_path(const Address& address) {
  return address.text().substr(std::strlen("unix:"));
}

std::optional<FileId> file_id(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return std::nullopt;
  return FileId{info.st_dev, info.st_ino};
}

// Somebody who still listens there must keep the path; a leftover of a dead process goes.
bool is_stale(const Address& address) {
  struct stat info {};
  if (lstat(unix_path(address).c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  // Not blocking: a full backlog means somebody who listens (EAGAIN).
  Socket probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return ::connect(probe.fd(), address.get(), address.length) != 0 && errno == ECONNREFUSED;
}

void set_flag(int fd, int level, int name) {
  int on = 1;
  ::setsockopt(fd, level, name, &on, sizeof on);
}

tl::unexpected<Error> cannot(const char* what, const ListenOptions& options) {
  return fail("cannot " + std::string(what) + " " + options.address + ": " + std::strerror(errno));
}

}  // namespace

bool has_host(std::string_view host) {
  auto address = parse_listen_address(std::string(host) + ":0");
  if (!address) return false;
  Socket probe(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe && ::bind(probe.fd(), address->get(), address->length) == 0;
}

Result<std::unique_ptr<Listener>> Listener::open(event::Loop& loop, const ListenOptions& options,
                                                 Acceptor& acceptor) {
  auto address = parse_listen_address(options.address);
  if (!address) return fail("listen address " + options.address + ": " + address.error().what);
  Socket socket(::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return cannot("open a socket for", options);
  bool is_unix = address->family() == AF_UNIX;
  if (is_unix) {
    if (is_stale(*address)) ::unlink(unix_path(*address).c_str());
  } else {
    set_flag(socket.fd(), SOL_SOCKET, SO_REUSEADDR);
    set_flag(socket.fd(), IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it
    if (address->family() == AF_INET6) set_flag(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY);
  }
  // The socket file is never wider than asked for, not even between bind and chmod.
  mode_t before = is_unix ? ::umask(0177) : 0;
  int bound = ::bind(socket.fd(), address->get(), address->length);
  if (is_unix) ::umask(before);
  if (bound != 0) return cannot("listen on", options);
  if (is_unix && ::chmod(unix_path(*address).c_str(), static_cast<mode_t>(options.mode)) != 0)
    return cannot("set the mode of", options);
  if (::listen(socket.fd(), kBacklog) != 0) return cannot("listen on", options);
  socklen_t length = sizeof address->storage;
  ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address->storage), &length);
  return std::make_unique<Listener>(loop, options, acceptor, std::move(socket), *address);
}

Listener::Listener(event::Loop& loop, const ListenOptions& options, Acceptor& acceptor,
                   Socket socket, const Address& bound)
    : options_(options), acceptor_(acceptor), socket_(std::move(socket)), address_(bound.text()) {
  if (bound.family() == AF_UNIX) file_ = file_id(unix_path(bound));
  watch_.emplace(loop, socket_.fd(), static_cast<event::FdEvents&>(*this));
}

Listener::~Listener() {
  close();
}

void Listener::close() {
  if (!watch_) return;
  watch_.reset();
  socket_.close();
  if (!file_) return;
  const std::string path = address_.substr(std::strlen("unix:"));
  if (file_id(path) == file_) ::unlink(path.c_str());
}

void Listener::resume() {
  if (!paused_ || !watch_) return;
  paused_ = false;
  watch_->wake();
}

void Listener::on_ready(event::Readiness ready) noexcept {
  if (ready.readable && !paused_) accept_all();
}

void Listener::accept_all() {
  for (int i = 0; i < kBatch; ++i) {
    Address peer;
    peer.length = sizeof peer.storage;
    int fd = ::accept4(socket_.fd(), reinterpret_cast<sockaddr*>(&peer.storage), &peer.length,
                       SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      acceptor_.on_accept(*this, Socket(fd), peer);
      if (paused_) return;
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      paused_ = true;
      acceptor_.on_exhausted(*this);
      return;
    }
    // Anything else is about the one connection that was to be accepted (accept(2)).
  }
  watch_->wake();
}

}  // namespace postern::wire
