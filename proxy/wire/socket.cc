#include "wire/socket.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace postern::wire {
namespace {

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

IoResult sent(ssize_t n) {
  if (n >= 0) return {IoStatus::kOk, static_cast<size_t>(n)};
  return {would_block() ? IoStatus::kWouldBlock : IoStatus::kError, 0};
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Socket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

IoResult receive(int fd, std::span<char> into) {
  ssize_t n;
  do n = ::recv(fd, into.data(), into.size(), 0);
  while (n < 0 && errno == EINTR);
  if (n > 0) return {IoStatus::kOk, static_cast<size_t>(n)};
  if (n == 0) return {IoStatus::kEnd, 0};
  return {would_block() ? IoStatus::kWouldBlock : IoStatus::kError, 0};
}

IoResult transmit(int fd, std::string_view bytes) {
  ssize_t n;
  do n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return sent(n);
}

IoResult transmit(int fd, std::span<iovec> pieces) {
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  ssize_t n;
  do n = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return sent(n);
}

Quiet look(int fd) {
  char byte;
  ssize_t n;
  do n = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n > 0) return Quiet::kBytesWaiting;
  return n < 0 && would_block() ? Quiet::kQuiet : Quiet::kEnded;
}

std::optional<uint32_t> peer_uid(int fd) {
  int family = 0;
  socklen_t length = sizeof family;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) != 0 || family != AF_UNIX)
    return {};
  ucred credentials{};
  length = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return {};
  return credentials.uid;
}

void reset_on_close(int fd) {
  linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace postern::wire
