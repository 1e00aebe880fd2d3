// Socket: owns a descriptor; and the few calls on it, with EINTR and would-block told apart once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

struct iovec;

namespace postern::wire {

class Socket final {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

enum class IoStatus : unsigned char {
  kOk,          // `size` bytes moved
  kWouldBlock,  // try again when the watch says so
  kEnd,         // the peer has ended its side in order
  kError,       // the connection is dead; errno says why for plain sockets
};

struct IoResult {
  IoStatus status = IoStatus::kOk;
  size_t size = 0;
};

IoResult receive(int fd, std::span<char> into);
IoResult transmit(int fd, std::string_view bytes);
IoResult transmit(int fd, std::span<iovec> pieces);

enum class Quiet : unsigned char { kQuiet, kBytesWaiting, kEnded };
// What an idle connection holds: nothing, bytes that nobody asked for, or its end.
Quiet look(int fd);

// Who is at the other end of a unix socket; nothing for TCP.
std::optional<uint32_t> peer_uid(int fd);

// Makes close() send a reset, so that the peer cannot take a cut answer for a whole one.
void reset_on_close(int fd);

}  // namespace postern::wire
