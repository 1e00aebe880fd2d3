// When will the n-th call from now go? Decides at admission whether a deadline can be met, and how
// long a refused caller is told to wait.
#pragma once

#include "limits/seconds.h"

namespace postern::limits {

// What a bucket expects of its near future.
struct Outlook {
  bool has_window = false;  // otherwise only the rate holds
  double used = 0;          // of the present window's budget
  double budget = 0;        // of the present window
  double full_budget = 1;   // of the windows to come
  Seconds window = 1;       // length
  Seconds elapsed = 0;      // of the present window
  double free = 0;          // calls that may go before the rate counts
  double rate = 0;          // calls per second by concurrency or experience; 0: no bound
};

// Calls per second that go while there is no end of them; 0: no bound.
double lasting_rate(const Outlook& outlook);

// Seconds until `calls` more calls have gone; 0: at once. REQUIRES: calls >= 1.
Seconds forecast(const Outlook& outlook, double calls);

}  // namespace postern::limits
