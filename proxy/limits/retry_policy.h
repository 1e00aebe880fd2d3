// Whether, and when, a request that was turned away by a 429 (or a gateway's 5xx) is sent again.
//
// The bucket's own 429s cost nothing but patience: the request waits in its place again. What is
// behind the limiter (a heavy search, an overloaded gateway) is tried again a few times with
// growing pauses, and all such extra calls together stay below a share of all calls.
#pragma once

#include <optional>

#include "limits/answer.h"
#include "limits/jitter.h"
#include "limits/options.h"
#include "limits/seconds.h"

namespace postern::limits {

// Bounds extra calls to a share of all. The first few of a quiet time are free.
class RetryBudget final {
 public:
  explicit RetryBudget(double share) : share_(share) {}

  void set_share(double share) { share_ = share; }

  void earn();   // a request came
  bool spend();  // an extra call wants to be made

 private:
  double share_;
  double credit_ = 3;
};

// What is asked about.
struct Setback {
  int tries = 0;  // extra calls that backing off has cost this request so far
  int calls = 1;  // all calls made for it
  bool idempotent = false;
  bool has_limit = false;  // the bucket knows a limit, so that a bare 429 is not the limiter's
};

// A pause, and whether it is one of the bounded tries.
struct Pause {
  Seconds seconds = 0;
  bool counts = false;
};

class RetryPolicy final {
 public:
  explicit RetryPolicy(const Options& options)
      : max_tries_(options.max_tries), budget_(options.retry_budget) {}

  void set_options(const Options& options) {
    max_tries_ = options.max_tries;
    budget_.set_share(options.retry_budget);
  }

  void on_request() { budget_.earn(); }
  // Nothing: the answer is passed on.
  std::optional<Pause> pause(const Answer& answer, const Setback& setback, Jitter& jitter);

 private:
  int max_tries_;
  RetryBudget budget_;
};

}  // namespace postern::limits
