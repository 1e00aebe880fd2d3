// What the commands ask of Sentry, and how they wait: the real thing, or a pretence of it.
#pragma once

#include <functional>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "config/options.h"
#include "grants/oauth.h"
#include "runtime/calls.h"

namespace postern::cli {

// Each blocks until there is an answer or none. `post` may be called from another thread.
struct SentryCalls {
  std::function<runtime::CallResult(const config::GrantSetup&, const grants::EndpointRequest&)>
      post;
  std::function<runtime::CallResult(const config::GrantSetup&, const Secret& access_token,
                                    std::string_view path)>
      get;
  std::function<void(Duration)> sleep;
};

SentryCalls real_calls(const config::Options& options);  // `options` must outlive them

}  // namespace postern::cli
