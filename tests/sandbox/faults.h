// Faults: answers and delays that a test has ordered for some paths.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "message.h"

namespace postern::sandbox {

struct Fault {
  std::string path;        // exact, or a prefix when it ends in `*`
  std::string method;      // empty: any
  std::int64_t count = 1;  // requests left; below zero: without end
  // Either only a delay, or an answer (see fault_reply).
  std::int64_t delay_ms = 0;
  std::string kind;
  int status = 0;
  bool after = false;  // let the request have its effect first, then lose its answer
  std::string retry_after;
};

class Faults final {
 public:
  void add(Fault fault) { faults_.push_back(std::move(fault)); }
  void clear() { faults_.clear(); }
  // Counts down the first fault with an answer that fits, and returns it.
  std::optional<Fault> take_answer(const Request& request);
  // The sum of the delays that fit, counting them down.
  std::int64_t take_delay_ms(const Request& request);

 private:
  std::vector<Fault> faults_;
};

// The answer of a kind, in the shape that the part of Sentry behind it uses:
//   status              {"detail": ...} with the given status; 500 has an errorId
//   snuba               429 of the event store; the limiter's headers are added by the caller
//   gateway-429, -502, -503, -504, -404   {"error":"apigateway","detail":...}
//   gateway-500         what the older gateway says of a timeout
//   cloudflare          429 in HTML, and an HTML page for any other status
//   sso-required, 2fa-required, member-disabled-over-limit   401 with an object in `detail`
//   user-inactive, app-inactive   401 about the account or the application
//   html                an HTML error page with the given status
// Nothing when the kind is unknown.
std::optional<Reply> fault_reply(const Fault& fault);
// Whether the answer comes from before the limiter, so that it has no headers of it.
bool is_before_limiter(const Fault& fault);

}  // namespace postern::sandbox
