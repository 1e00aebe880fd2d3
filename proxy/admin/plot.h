// Small plots as SVG inside of the page: no script draws them, and no style is in them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/inspector.h"

namespace postern::admin {

// One bar a value, the last at the right edge. `kind` is the class of the rectangle, of our own
// words.
struct Bar {
  uint64_t value = 0;
  std::string_view kind;
  std::string title = {};  // shown under the pointer; may be empty
};

// `slots` is how many bars fit; `label` is what those hear who do not see it. A bar is as high as
// its share of the highest one, never less than a hair.
void append_bars(std::string& out, std::span<const Bar> bars, size_t slots, std::string_view label);

// How a request spent its time: waiting in line, at Sentry, the rest. `longest` is the full width.
void append_waterfall(std::string& out, const InspectedRequest& request, Duration longest);

// `part` of `whole` as a bar; more than all is all.
void append_gauge(std::string& out, int64_t part, int64_t whole, std::string_view kind);

}  // namespace postern::admin
