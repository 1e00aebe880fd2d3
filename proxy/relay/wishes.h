// What a caller says about waiting: how long at most, how urgent it is, which part of itself asks.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/field.h"

namespace postern::relay {

struct Wishes {
  std::optional<Duration> max_wait;  // the shortest that was named
  int urgency = 3;                   // 0 to 7; 0 goes first
  std::string_view client;           // points into the fields; empty: did not say
};

inline constexpr size_t kMaxClientName = 64;

// Prefer: wait=N (RFC 7240) and Priority: u=N (RFC 9218) are hints: what makes no sense is ignored,
// as their RFCs ask. X-Postern-Max-Wait (5s, 500ms, 5) and X-Postern-Client are for Postern alone:
// what is wrong with them is the error. Pure.
Result<Wishes> read_wishes(const http::Fields& fields);

}  // namespace postern::relay
