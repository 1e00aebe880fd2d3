#include <utility>

#include "runtime/application.h"
#include "runtime/calls.h"

namespace postern::runtime {
namespace {

constexpr size_t kMaxBody = 64 * 1024;

const config::GrantSetup* find_setup(const config::Options& options, const grants::Grant& grant) {
  for (const config::GrantSetup& setup : options.grants)
    if (setup.grant.name == grant.options().name) return &setup;
  return nullptr;
}

}  // namespace

ProbeResult probe(const config::Options& options, const grants::Grant& grant,
                  std::string_view path) {
  const config::GrantSetup* setup = find_setup(options, grant);
  if (setup == nullptr || !grant.token()) return {false, "request", "no token", 0, {}};
  CallResult result = get(options, *setup, grant.token()->access, path);
  return {result.ok, std::move(result.stage), std::move(result.detail), result.answer.status,
          std::string(result.answer.body.reveal().substr(0, kMaxBody))};
}

}  // namespace postern::runtime
