// What logging in asks of a grant's Sentry, one call at a time: the real thing, or a pretence of
// it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "grants/oauth.h"

namespace postern::grants {

struct CallResult {
  bool ok = false;     // a whole answer came
  std::string stage;   // where it broke: resolve, connect, proxy, tls, request, response
  std::string detail;  // why
  EndpointAnswer answer;
  Instant sent_at{};  // when the request went out, by both clocks
  WallTime sent_wall{};
};

// Each blocks until there is an answer or none; never on the loop thread.
struct SentryCalls {
  std::function<CallResult(const EndpointRequest&)> post;
  std::function<CallResult(const Secret& access_token, std::string_view path)> get;
  std::function<void(Duration)> sleep;
};

}  // namespace postern::grants
