// Options of postern-sandbox and their reading from the command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postern::sandbox {

struct Options {
  std::string listen = "127.0.0.1:0";
  bool http = false;  // plain HTTP instead of TLS
  std::string port_file;
  std::string ca_out;
  std::string grant_out;
  // Where links in answers point; PORT stands for the port that is listened on.
  std::string public_base = "https://us.sentry.test:PORT";
  std::vector<std::string> organizations = {"acme", "globex"};
  int issues = 3000;
  int projects = 3;
  std::string client_id = "sandbox-client";
  std::string client_secret = "sandbox-secret";  // empty: a Public application
  std::vector<std::string> redirect_uris = {"http://127.0.0.1/oauth/callback",
                                            "http://localhost/oauth/callback",
                                            "http://[::1]/oauth/callback"};
  std::string scopes =
      "org:read project:admin project:releases team:read member:read event:admin alerts:read";
  std::int64_t expires_in = 2592000;  // seconds
  std::string rotation = "pair";      // or "access-only"
  bool auto_approve = false;
  bool org_scoped = false;  // tokens are bound to the first organization
  std::string tls_max;      // "1.2", "1.3" or empty
  bool quiet = false;
};

enum class Parsed { kRun, kHelp, kWrong };

// On kWrong `problem` says what is wrong.
Parsed parse_options(int argc, char** argv, Options& options, std::string& problem);
std::string usage();

}  // namespace postern::sandbox
