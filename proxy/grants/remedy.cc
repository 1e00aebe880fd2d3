#include "grants/remedy.h"

#include <algorithm>
#include <string_view>

namespace postern::grants {
namespace {

// As a shell takes it for one word.
std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_";
  if (text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string command(std::string_view verb, const GrantOptions& grant) {
  std::string text = "postern " + std::string(verb);
  return grant.config_file.empty() ? text : text + " --config " + shell_word(grant.config_file);
}

}  // namespace

std::string login_command(const GrantOptions& grant) {
  return command("login", grant) + " --grant " + grant.name +
         (grant.client.id.empty() ? " --import FILE" : "");
}

std::string doctor_command(const GrantOptions& grant) {
  return command("doctor", grant) + " --grant " + grant.name;
}

std::string serve_command(const GrantOptions& grant) {
  return command("serve", grant);
}

std::string remedy(const GrantOptions& grant) {
  switch (grant.kind) {
    case Kind::kOauth:
      break;
    case Kind::kIntegration:
      return "look at Sentry whether the integration is still installed; where it was installed "
             "anew, set installation and code of the grant " +
             grant.name + " and start Postern again";
    case Kind::kStatic:
      return "put a valid token into " +
             (grant.token_file.empty() ? "the setting token" : grant.token_file) +
             " of the grant " + grant.name;
  }
  return "run: " + login_command(grant);
}

std::string repair(const GrantOptions& grant) {
  switch (grant.kind) {
    case Kind::kOauth:
      break;
    case Kind::kIntegration:
      return "correct that, or have it forgotten, so that Sentry is asked for a new token: " +
             command("logout", grant) + " --grant " + grant.name;
    case Kind::kStatic:
      return remedy(grant);
  }
  const std::string replace = login_command(grant) + " --replace";
  if (grant.is_shared)
    return "correct that; a new token in its place takes the grant from all who share the "
           "store and can read it, and is for when nobody can: " +
           replace;
  return "correct that, or put a new token in its place: " + replace;
}

}  // namespace postern::grants
