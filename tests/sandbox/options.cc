#include "options.h"

#include <charconv>
#include <functional>
#include <string_view>

namespace postern::sandbox {
namespace {

// Takes a value, or an empty text for a switch; false when the value makes no sense.
using Setter = std::function<bool(Options&, const std::string&)>;

struct Flag {
  std::string_view name;
  std::string_view value;  // what to call the value, empty for a switch
  std::string_view help;
  Setter set;
};

Setter into(std::string Options::*field) {
  return [field](Options& options, const std::string& value) {
    options.*field = value;
    return true;
  };
}

Setter into(bool Options::*field) {
  return [field](Options& options, const std::string&) {
    options.*field = true;
    return true;
  };
}

template <typename Number>
Setter into(Number Options::*field, Number least) {
  return [field, least](Options& options, const std::string& value) {
    const char* end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, options.*field);
    return error == std::errc() && rest == end && options.*field >= least;
  };
}

// The first use replaces the default, each further one adds to it.
Setter into(std::vector<std::string> Options::*field) {
  return [field, first = true](Options& options, const std::string& value) mutable {
    if (first) (options.*field).clear();
    first = false;
    (options.*field).push_back(value);
    return !value.empty();
  };
}

bool set_tls_max(Options& options, const std::string& value) {
  options.tls_max = value;
  return value == "1.2" || value == "1.3";
}

bool set_rotation(Options& options, const std::string& value) {
  options.rotation = value;
  return value == "pair" || value == "access-only";
}

std::vector<Flag> flags() {
  return {
      {"listen", "ADDR:PORT", "where to listen; port 0 picks one (127.0.0.1:0)",
       into(&Options::listen)},
      {"http", "", "plain HTTP instead of TLS", into(&Options::http)},
      {"port-file", "FILE", "write the port there once listening", into(&Options::port_file)},
      {"ca-out", "FILE", "write the certificate authority there (PEM)", into(&Options::ca_out)},
      {"grant-out", "FILE", "write a token endpoint's answer for a ready grant there",
       into(&Options::grant_out)},
      {"public-base", "URL", "where links point (https://us.sentry.test:PORT)",
       into(&Options::public_base)},
      {"org", "SLUG", "an organization of the user, repeatable (acme, globex)",
       into(&Options::organizations)},
      {"issues", "N", "issues of each organization (3000)", into(&Options::issues, 0)},
      {"projects", "N", "projects of each organization (3)", into(&Options::projects, 1)},
      {"client-id", "ID", "the OAuth application (sandbox-client)", into(&Options::client_id)},
      {"client-secret", "TEXT", "its secret (sandbox-secret); empty for a Public application",
       into(&Options::client_secret)},
      {"redirect-uri", "URL", "registered redirect, repeatable (loopback /oauth/callback)",
       into(&Options::redirect_uris)},
      {"scopes", "LIST", "scopes of the ready grant", into(&Options::scopes)},
      {"expires-in", "SECONDS", "lifetime of access tokens (2592000)",
       into(&Options::expires_in, std::int64_t{1})},
      {"rotation", "pair|access-only", "what a refresh replaces (pair)", set_rotation},
      {"auto-approve", "", "consent without asking", into(&Options::auto_approve)},
      {"org-scoped", "", "bind tokens to the first organization", into(&Options::org_scoped)},
      {"tls-max", "1.2|1.3", "highest TLS version", set_tls_max},
      {"quiet", "", "do not print the start-up line", into(&Options::quiet)},
  };
}

}  // namespace

Parsed parse_options(int argc, char** argv, Options& options, std::string& problem) {
  std::vector<Flag> known = flags();
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") return Parsed::kHelp;
    const auto equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    Flag* flag = nullptr;
    for (Flag& candidate : known) {
      if (name == "--" + std::string(candidate.name)) flag = &candidate;
    }
    problem = name + ": no such flag";
    if (flag == nullptr) return Parsed::kWrong;
    std::string value;
    if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (!flag->value.empty()) {
      problem = name + ": needs " + std::string(flag->value);
      if (++i == argc) return Parsed::kWrong;
      value = argv[i];
    }
    problem = name + ": bad value \"" + value + "\"";
    if (!flag->set(options, value)) return Parsed::kWrong;
  }
  problem.clear();
  return Parsed::kRun;
}

std::string usage() {
  std::string text = "usage: postern-sandbox [FLAG]...\n\nA pretend Sentry for tests.\n\n";
  for (const Flag& flag : flags()) {
    std::string left = "  --" + std::string(flag.name);
    if (!flag.value.empty()) left += " " + std::string(flag.value);
    left.resize(std::max<std::size_t>(left.size() + 2, 28), ' ');
    text += left + std::string(flag.help) + "\n";
  }
  return text;
}

}  // namespace postern::sandbox
