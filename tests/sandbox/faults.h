// Faults: answers and delays that a test has ordered for some paths.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "message.h"

namespace postern::sandbox {

struct Fault {
  // Exact, or a prefix when it ends in `*`; with the query when it has a `?`.
  std::string path;
  std::string method;      // empty: any
  std::int64_t count = 1;  // requests left; below zero: without end
  // Either only a delay, or an answer (see fault_reply).
  std::int64_t delay_ms = 0;
  std::int64_t longest_ms = 0;  // above delay_ms: each delay is drawn between the two
  std::string kind;
  int status = 0;
  bool after = false;  // let the request have its effect first, then lose its answer
  std::string retry_after;
  std::string name;   // of the field that `field` changes, or the error of `oauth`
  std::string value;  // of that field, as JSON; empty: without the field
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
  std::minstd_rand draw_;
};

// The answer of a kind, in the shape that the part of Sentry behind it uses:
//   status              {"detail": ...} with the given status; 500 has an errorId
//   snuba               429 of the event store; the limiter's headers are added by the caller
//   gateway-429, -502, -503, -504, -404   {"error":"apigateway","detail":...}
//   gateway-500         what the older gateway says of a timeout
//   cloudflare          429 in HTML, and an HTML page for any other status
//   sso-required, 2fa-required, member-disabled-over-limit   401 with an object in `detail`
//   user-inactive, app-inactive   401 about the account or the application
//   html                an HTML page with the given status
//   oauth               {"error": ...} as of the token endpoint, 400 unless a status is given
//   empty               no body, 200 unless a status is given
//   hang, drop          no answer: silence, or a reset
// Nothing when the kind is unknown, or one of those that change the real answer:
//   field               another value for a field of the JSON, or none
//   cut                 a reset after half the body
std::optional<Reply> fault_reply(const Fault& fault);
bool changes_answer(const Fault& fault);
// The answer to a request that a fault may concern. `real` is asked for the true answer, with its
// effect, unless the fault comes before it.
Reply answer_with(const std::optional<Fault>& fault, const std::function<Reply()>& real);
// Whether the answer comes from before the limiter, so that it has no headers of it.
bool is_before_limiter(const Fault& fault);

}  // namespace postern::sandbox
