// The command line as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "config/flag.h"

namespace postern::cli {

enum class Command {
  kServe,
  kCheck,
  kShow,
  kLogin,
  kLogout,
  kStatus,
  kDoctor,
  kExplain,
  kScopes,
  kRun,
  kHealthcheck,
  kWait,
  kShutdown,
  kCompletion,
  kMan,
  kVersion
};

enum class ColorWhen { kAuto, kAlways, kNever };

struct Arguments {
  Command command = Command::kVersion;
  std::string config;               // --config; empty: look for one
  std::vector<config::Flag> sets;   // --set key=value, in order
  bool reference = false;           // show --reference
  std::string import_from;          // login --import, "-": standard input
  bool no_verify = false;           // login --import --no-verify
  bool device = false;              // login --device
  bool no_browser = false;          // login --no-browser
  std::string redirect_uri;         // login --redirect-uri; empty: the usual one
  std::optional<Duration> timeout;  // login, wait --timeout
  bool json = false;                // status, explain, scopes, version --json
  bool is_short = false;            // version --short
  bool watch = false;               // status --watch
  bool fleet = false;               // status --fleet
  ColorWhen color = ColorWhen::kAuto;
  std::string shell;             // completion SHELL
  std::string admin;             // --admin of those that ask it; empty: as configured
  std::string token_file;        // shutdown --token-file; empty: as configured
  std::string probe = "readyz";  // healthcheck --live, --startup
  std::string grant;     // login, logout, doctor, explain, scopes --grant; empty: the only one, all
  std::string listener;  // explain --listener
  std::optional<uint32_t> uid;       // explain --uid
  std::string name;                  // explain --name
  bool replace = false;              // login --replace
  std::string method;                // explain METHOD PATH
  std::string path;                  // as written
  std::string scope;                 // scopes SCOPE; empty: all
  std::string scopes_for;            // scopes --for, "-": standard input; empty: print the table
  std::vector<std::string> program;  // run -- these; at least one
};

// The process ends here: with help (code 0, on standard output) or a usage error (code 2, on
// standard error).
struct EarlyExit {
  int code;
  std::string text;
};

std::variant<Arguments, EarlyExit> parse_arguments(int argc, const char* const* argv);

}  // namespace postern::cli
