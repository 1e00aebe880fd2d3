// How a window's budget is spread over the window: a share of it at once, the rest in equal steps
// until four fifths of the window have gone. Bunching everything at the start would fill the
// concurrency slots, hurt whoever shares the bucket, and bet all on the phase being right.
#pragma once

#include "limits/seconds.h"

namespace postern::limits {

class Pace final {
 public:
  // `stagger`: a part of a call to be ahead by, so that several who have a few calls each do not
  // send them at the same moments.
  explicit Pace(Seconds window, double stagger = 0)
      : window_(window), at_once_(window <= 2 ? 0.5 : 0.25), stagger_(stagger) {}

  // Calls allowed so far when `elapsed` seconds of the window have gone; at least one.
  double allowed(double budget, Seconds elapsed) const;
  // Seconds into the window at which `calls` are allowed; 0 if at once. REQUIRES: calls <= budget,
  // or else the end of the paced part is returned.
  Seconds when(double budget, double calls) const;

 private:
  static constexpr double kPaced = 0.8;  // share of the window over which the rest is spread

  Seconds window_;
  double at_once_;
  double stagger_;
};

}  // namespace postern::limits
