#include "event/fd_watch.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>

#include "event/bounded.h"

namespace postern::event {
namespace {

using namespace std::chrono_literals;

// Two connected, non-blocking sockets.
class Pair final {
 public:
  Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds_), 0); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    close(fds_[0]);
    close(fds_[1]);
  }
  int ours() const { return fds_[0]; }
  int theirs() const { return fds_[1]; }
  void write_from_peer(std::string_view bytes) const {
    EXPECT_EQ(write(theirs(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

 private:
  int fds_[2] = {-1, -1};
};

class Events final : public FdEvents {
 public:
  explicit Events(std::function<void(Readiness)> action) : action_(std::move(action)) {}
  void on_ready(Readiness ready) noexcept override { action_(ready); }

 private:
  std::function<void(Readiness)> action_;
};

// All that can be read at the moment.
std::string drain(int fd) {
  std::string text;
  char bytes[256];
  for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0;)
    text.append(bytes, static_cast<size_t>(got));
  return text;
}

void fill(int fd) {
  const std::string block(4096, 'x');
  while (write(fd, block.data(), block.size()) > 0) {
  }
}

TEST(FdWatch, ANewSocketIsWritableAndNotReadable) {
  BoundedLoop bounded;
  Pair pair;
  Readiness seen;
  Events events([&](Readiness ready) {
    seen = ready;
    bounded.stop();
  });
  FdWatch watch(bounded.loop, pair.ours(), events);
  bounded.run();
  EXPECT_TRUE(seen.writable);
  EXPECT_FALSE(seen.readable);
  EXPECT_FALSE(seen.closed);
}

TEST(FdWatch, BytesOfThePeerMakeItReadable) {
  BoundedLoop bounded;
  Pair pair;
  std::string got;
  Events events([&](Readiness ready) {
    if (ready.readable) got += drain(pair.ours());
    if (got == "hello") bounded.stop();
  });
  FdWatch watch(bounded.loop, pair.ours(), events);
  Deadline later(bounded.loop, [&] { pair.write_from_peer("hello"); });
  later.set_after(1ms);
  bounded.run();
  EXPECT_EQ(got, "hello");
}

TEST(FdWatch, WhatWasToldOnceIsNotToldAgain) {
  BoundedLoop bounded;
  Pair pair;
  int readable = 0;
  Events events([&](Readiness ready) { readable += ready.readable; });  // reads nothing
  pair.write_from_peer("hello");
  FdWatch watch(bounded.loop, pair.ours(), events);
  Deadline end(bounded.loop, [&] { bounded.stop(); });
  end.set_after(20ms);
  bounded.run();
  EXPECT_EQ(readable, 1);
}

TEST(FdWatch, AWokenWatchIsToldAgainInALaterTurn) {
  BoundedLoop bounded;
  Pair pair;
  int readable = 0;
  bool inside = false;
  FdWatch* watch = nullptr;
  Events events([&](Readiness ready) {
    EXPECT_FALSE(inside);
    inside = true;
    if (ready.readable && ++readable < 3) watch->wake();
    if (readable == 3) bounded.stop();
    inside = false;
  });
  pair.write_from_peer("x");
  FdWatch made(bounded.loop, pair.ours(), events);
  watch = &made;
  bounded.run();
  EXPECT_EQ(readable, 3);
}

TEST(FdWatch, RoomInAFullSocketMakesItWritableAgain) {
  BoundedLoop bounded;
  Pair pair;
  fill(pair.ours());
  int writable = 0;
  Events events([&](Readiness ready) {
    writable += ready.writable;
    if (ready.writable) bounded.stop();
  });
  FdWatch watch(bounded.loop, pair.ours(), events);
  Deadline later(bounded.loop, [&] {
    EXPECT_EQ(writable, 0);
    EXPECT_FALSE(drain(pair.theirs()).empty());
  });
  later.set_after(5ms);
  bounded.run();
  EXPECT_GE(writable, 1);
}

TEST(FdWatch, APeerThatShutsDownWritingIsToldAsClosedWithItsLastBytes) {
  BoundedLoop bounded;
  Pair pair;
  pair.write_from_peer("last");
  shutdown(pair.theirs(), SHUT_WR);
  Readiness seen;
  std::string got;
  Events events([&](Readiness ready) {
    seen.readable |= ready.readable;
    seen.closed |= ready.closed;
    if (ready.readable) got += drain(pair.ours());
    if (seen.closed && got == "last") bounded.stop();
  });
  FdWatch watch(bounded.loop, pair.ours(), events);
  bounded.run();
  EXPECT_TRUE(seen.closed);
  EXPECT_EQ(got, "last");
}

TEST(FdWatch, ADestroyedWatchTellsNothing) {
  BoundedLoop bounded;
  Pair pair;
  int told = 0;
  Events events([&](Readiness) { ++told; });
  {
    FdWatch watch(bounded.loop, pair.ours(), events);
    watch.wake();
  }
  pair.write_from_peer("x");
  Deadline end(bounded.loop, [&] { bounded.stop(); });
  end.set_after(10ms);
  bounded.run();
  EXPECT_EQ(told, 0);
}

TEST(FdWatch, MayBeDestroyedWhileItTells) {
  BoundedLoop bounded;
  Pair pair;
  std::unique_ptr<FdWatch> watch;
  int told = 0;
  Events events([&](Readiness) {
    ++told;
    watch.reset();
    bounded.stop();
  });
  watch = std::make_unique<FdWatch>(bounded.loop, pair.ours(), events);
  bounded.run();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace postern::event
