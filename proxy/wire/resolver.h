// Resolver: names to addresses, on a helper thread, remembered.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "event/lane.h"
#include "wire/address.h"

namespace postern::wire {

// Asks getaddrinfo, so /etc/hosts, nsswitch and search domains work as everywhere else. An answer
// is used for 30 s, then still used while a new one is fetched behind; a failure keeps the old one.
// Loop thread.
class Resolver final {
 public:
  using Answer = Result<std::vector<Address>>;  // not empty; IPv6 and IPv4 alternate
  using Callback = std::function<void(const Answer&)>;

  explicit Resolver(event::Loop& loop) : loop_(loop), lane_(loop) {}
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // A question under way; destroying it means that the callback will not come.
  class Question {
   public:
    explicit operator bool() const { return callback_ != nullptr; }

   private:
    friend class Resolver;
    std::shared_ptr<Callback> callback_;
  };

  // The callback may come before this returns.
  [[nodiscard]] Question resolve(const std::string& host, uint16_t port, Callback callback);

 private:
  struct Entry {
    Answer answer = fail("not asked yet");
    Instant asked{};
    bool known = false;
    event::Job job;
    std::vector<std::weak_ptr<Callback>> waiting;
  };
  void ask(const std::string& host, uint16_t port, Entry& entry);

  event::Loop& loop_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
  event::Lane lane_;
};

// One blocking lookup, for the helper thread. Numeric hosts do not leave the process.
Resolver::Answer look_up(const std::string& host, uint16_t port);

}  // namespace postern::wire
