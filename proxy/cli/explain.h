// `postern explain METHOD PATH`: which endpoint that is, how it is counted, and what would become
// of such a request now.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "config/options.h"
#include "policy/catalogue.h"
#include "relay/explanation.h"

namespace postern::cli {

// The API path that a person means: as it is, without "/api/0/" or without the first slash, or a
// URL of the Sentry of one of `grants` (of any, when these are not known). What follows '?' or '#'
// is dropped. The error says what is wrong with it.
Result<std::string> api_path(std::string_view text, const std::vector<config::GrantSetup>& grants,
                             const policy::Catalogue& catalogue);

// "?method=GET&path=/api/0/…", percent-encoded.
std::string explain_query(const relay::Question& question);

// Asks the running instance; without one, the endpoint table, the configuration and the store.
// kDone whatever would become of the request; kUsage for a method, path, grant, listener or user
// that cannot be; kFailed if it means no grant, or the instance does not explain it.
int explain(const config::Options& options, const Arguments& arguments, const Clock& clock,
            Context& context);

}  // namespace postern::cli
