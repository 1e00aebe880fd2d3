#include "cli/sentry_calls.h"

#include <thread>

namespace postern::cli {

SentryCalls real_calls(const config::Options& options) {
  SentryCalls calls;
  calls.post = [&options](const config::GrantSetup& setup, const grants::EndpointRequest& request) {
    return runtime::call(options, setup, request);
  };
  calls.get = [&options](const config::GrantSetup& setup, const Secret& access_token,
                         std::string_view path) {
    return runtime::get(options, setup, access_token, path);
  };
  calls.sleep = [](Duration duration) { std::this_thread::sleep_for(duration); };
  return calls;
}

}  // namespace postern::cli
