#include "wire/redis_link.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "event/bounded.h"
#include "support/temporary_folder.h"

namespace postern::wire {
namespace {

constexpr std::string_view kReply = "$10\r\n0123456789\r\n";

// A server that says all it has to say at once, and as much as the socket takes.
class FloodingServer final {
 public:
  explicit FloodingServer(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listening_.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listening_.fd(), 1), 0);
  }

  void accept() {
    connection_ = Socket(::accept4(listening_.fd(), nullptr, nullptr, SOCK_NONBLOCK));
    send("+OK\r\n");  // to CLIENT SETNAME
  }
  // How many replies.
  int flood() {
    std::string many;
    for (int i = 0; i < 1000; ++i) many += kReply;
    size_t all = 0;
    while (size_t sent = send(many.substr(all % kReply.size()))) all += sent;
    return static_cast<int>(all / kReply.size());
  }

 private:
  size_t send(std::string_view bytes) {
    const ssize_t sent = ::send(connection_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent > 0 ? static_cast<size_t>(sent) : 0;
  }
  Socket listening_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Socket connection_;
};

class Counted final : public RedisLinkEvents {
 public:
  Counted(event::BoundedLoop& bounded, FloodingServer& server)
      : bounded_(bounded), server_(server) {}

  void on_link_ready(RedisLink&) override { expected_ = server_.flood(); }
  void on_link_reply(RedisLink&, redis::Reply) override {
    ++in_turn_;
    most_in_turn_ = std::max(most_in_turn_, in_turn_);
    if (++replies_ == expected_) bounded_.stop();
  }
  void on_link_lost(RedisLink&, const std::string& why) override { ADD_FAILURE() << why; }

  void begin_turn() { in_turn_ = 0; }
  int expected() const { return expected_; }
  int replies() const { return replies_; }
  int most_in_turn() const { return most_in_turn_; }

 private:
  event::BoundedLoop& bounded_;
  FloodingServer& server_;
  int expected_ = -1;
  int replies_ = 0;
  int in_turn_ = 0;
  int most_in_turn_ = 0;
};

// Something else that the loop serves, with work in each turn.
class Others final : private event::FdEvents {
 public:
  Others(event::Loop& loop, Counted& counted) : counted_(counted) {
    watch_.emplace(loop, always_readable_.fd(), static_cast<event::FdEvents&>(*this));
  }

 private:
  void on_ready(event::Readiness) noexcept override {
    counted_.begin_turn();
    watch_->wake();
  }
  Counted& counted_;
  Socket always_readable_{::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)};
  std::optional<event::FdWatch> watch_;
};

TEST(RedisLink, AFloodOfRepliesLeavesOthersTheirTurns) {
  event::BoundedLoop bounded;
  test::TemporaryFolder folder;
  FloodingServer server(folder / "redis");
  Resolver resolver(bounded.loop);
  redis::Options options;
  options.url = "unix://" + (folder / "redis");
  RedisSetup setup(bounded.loop, resolver, options, *redis::topology_of(options));
  Counted counted(bounded, server);
  RedisLink link(setup, setup.topology.addresses[0], RedisLink::Peer::kServer, counted);
  Others others(bounded.loop, counted);
  link.start();
  server.accept();
  bounded.run();
  EXPECT_EQ(counted.replies(), counted.expected()) << "none is missing";
  EXPECT_GT(static_cast<size_t>(counted.expected()) * kReply.size(), size_t{100'000});
  EXPECT_LE(static_cast<size_t>(counted.most_in_turn()) * kReply.size(), size_t{80'000});
  link.close();
}

}  // namespace
}  // namespace postern::wire
