// HandshakeFailures: what the log says of callers who did not get through TLS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"

namespace postern::wire {

// What `error`, OpenSSL's words, means to whoever reads the log of a server. `at_authority`: it is
// about one of the certificates behind the caller's, not about that one.
std::string handshake_words(std::string_view error, bool at_authority);

// A line at once for each reason of a listener, then one in ten seconds with the number of those
// that have come since. Whoever scans the port causes many: beyond kMostReasons they share a line.
// Time is an argument; one thread.
class HandshakeFailures final {
 public:
  static constexpr size_t kMostReasons = 8;

  explicit HandshakeFailures(log::Logger& logger) : logger_(logger) {}

  struct Failure {
    std::string listener;
    std::string client;
    std::string reason;
  };
  void add(Failure failure, Instant now);
  void tell_due(Instant now);
  // When there may be something to tell. Nothing: no failure is remembered.
  std::optional<Instant> next() const;

 private:
  struct Known {
    Failure latest;
    Instant due{};        // its next line comes not before
    uint64_t unsaid = 0;  // since its last line
    bool is_rest = false;
  };
  Known& known_of(const Failure& failure, Instant now);
  void tell(Known& known, Instant now);

  log::Logger& logger_;
  std::vector<Known> known_;
};

}  // namespace postern::wire
