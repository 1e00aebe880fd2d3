#include "wire/listening_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace postern::wire {
namespace {

constexpr int kBacklog = 1024;

// "unix:/path" → "/path"
std::string unix_path(const std::string& address) {
  return address.substr(std::strlen("unix:"));
}

// Somebody who still listens there must keep the path; a leftover of a dead process goes.
bool is_stale(const Address& address) {
  struct stat info {};
  if (lstat(unix_path(address.text()).c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  // Not blocking: a full backlog means somebody who listens (EAGAIN).
  Socket probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return ::connect(probe.fd(), address.get(), address.length) != 0 && errno == ECONNREFUSED;
}

void set_flag(int fd, int level, int name) {
  int on = 1;
  ::setsockopt(fd, level, name, &on, sizeof on);
}

// What to do about what most often is in the way.
std::string_view remedy_of(int error) {
  switch (error) {
    case EADDRINUSE:
      return "; a program listens there, perhaps a Postern (postern status): end it, or take "
             "another address";
    case EADDRNOTAVAIL:
      return "; it is no address of this machine: take one of those that `ip address` shows, or "
             "0.0.0.0 for all of them";
    default:
      return "";
  }
}

tl::unexpected<Error> cannot(const char* what, const ListenOptions& options) {
  const int error = errno;
  std::string message = "cannot " + std::string(what) + " " + options.address + ": ";
  return fail(message.append(std::strerror(error)).append(remedy_of(error)));
}

}  // namespace

bool has_host(std::string_view host) {
  auto address = parse_listen_address(std::string(host) + ":0");
  if (!address) return false;
  Socket probe(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe && ::bind(probe.fd(), address->get(), address->length) == 0;
}

std::optional<ListeningSocket::FileId> ListeningSocket::file_id(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return std::nullopt;
  return FileId{info.st_dev, info.st_ino};
}

Result<ListeningSocket> ListeningSocket::open(const ListenOptions& options) {
  auto address = parse_listen_address(options.address);
  if (!address) return fail("listen address " + options.address + ": " + address.error().what);
  Socket socket(::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return cannot("open a socket for", options);
  bool is_unix = address->family() == AF_UNIX;
  if (is_unix) {
    if (is_stale(*address)) ::unlink(unix_path(address->text()).c_str());
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
  address->length = sizeof address->storage;
  ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address->storage), &address->length);
  ListeningSocket listening(std::move(socket), *address);
  if (is_unix) listening.file_ = file_id(unix_path(listening.address()));  // goes with it
  if (is_unix &&
      ::chmod(unix_path(listening.address()).c_str(), static_cast<mode_t>(options.mode)) != 0)
    return cannot("set the mode of", options);
  if (::listen(listening.fd(), kBacklog) != 0) return cannot("listen on", options);
  return listening;
}

ListeningSocket::ListeningSocket(Socket socket, const Address& bound)
    : socket_(std::move(socket)), address_(bound.text()) {}

Result<ListeningSocket> ListeningSocket::adopt(Socket socket) {
  int listens = 0;
  int type = 0;
  socklen_t size = sizeof listens;
  Address bound;
  bound.length = sizeof bound.storage;
  const bool is_known =
      ::getsockopt(socket.fd(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
      ::getsockopt(socket.fd(), SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
      ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) == 0;
  if (!is_known) return fail(std::string("is no socket: ") + std::strerror(errno));
  if (listens == 0 || type != SOCK_STREAM) return fail("does not listen for connections");
  const int flags = ::fcntl(socket.fd(), F_GETFL);
  ::fcntl(socket.fd(), F_SETFL, flags | O_NONBLOCK);
  ::fcntl(socket.fd(), F_SETFD, FD_CLOEXEC);
  if (bound.family() != AF_UNIX) set_flag(socket.fd(), IPPROTO_TCP, TCP_NODELAY);
  return ListeningSocket(std::move(socket), bound);
}

void ListeningSocket::close() {
  if (!socket_) return;
  socket_.close();
  if (!file_) return;
  const std::string path = unix_path(address_);
  if (file_id(path) == file_) ::unlink(path.c_str());
}

}  // namespace postern::wire
