#include "wire/listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace postern::wire {
namespace {

// Accepted in one turn before others get theirs.
constexpr int kBatch = 64;

}  // namespace

Listener::Listener(event::Loop& loop, const ListenOptions& options, Acceptor& acceptor,
                   ListeningSocket socket, std::shared_ptr<const TlsServer> tls)
    : options_(options), acceptor_(acceptor), socket_(std::move(socket)), tls_(std::move(tls)) {
  watch_.emplace(loop, socket_.fd(), static_cast<event::FdEvents&>(*this));
}

void Listener::close() {
  watch_.reset();
  socket_.close();
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
