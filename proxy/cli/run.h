// `postern run -- CMD`: starts a program whose Sentry client finds the running Postern.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/context.h"
#include "config/options.h"

namespace postern::cli {

// The first of `listen` that a program on this machine can reach over TCP, as "127.0.0.1:7979": an
// unspecified address becomes loopback. Nothing when there is none with a known port.
std::optional<std::string> choose_address(const std::vector<std::string>& listen);

// `environment` with what the official clients need: the URL of Postern, a token that is none, and
// the organization if there is only one. Proxies are told to leave the address alone, and secrets
// of Postern are taken out.
config::Environment client_environment(config::Environment environment,
                                       const config::Options& options, const std::string& address);

// Becomes the program. Returns only when that fails.
int run(const config::Options& options, const Arguments& arguments, Context& context);

}  // namespace postern::cli
