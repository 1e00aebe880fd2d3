#include "config/defaults.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace postern::config {
namespace {

std::string_view get(const Environment& environment, std::string_view name) {
  auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

// "name=value"; what has no "=" is refused by the checks.
grants::Parameters split(const std::vector<std::string>& texts) {
  grants::Parameters parameters;
  for (const std::string& text : texts) {
    size_t equals = std::min(text.find('='), text.size());
    parameters.emplace_back(text.substr(0, equals),
                            equals < text.size() ? text.substr(equals + 1) : "");
  }
  return parameters;
}

// "what=duration"; what cannot be read has none, and is refused by the checks.
std::vector<relay::RouteTimeout> split_timeouts(const std::vector<std::string>& texts) {
  std::vector<relay::RouteTimeout> timeouts;
  for (const std::string& text : texts) {
    const size_t equals = std::min(text.rfind('='), text.size());
    const std::string_view duration =
        std::string_view(text).substr(std::min(equals + 1, text.size()));
    timeouts.push_back(
        {text.substr(0, equals), text::parse_duration(duration).value_or(Duration{})});
  }
  return timeouts;
}

void tidy(SentryOptions& sentry) {
  sentry.url = text::lowered(sentry.url);
  if (sentry.url.ends_with('/')) sentry.url.pop_back();
}

// As browsers write it: in lower case, without the port that the scheme has anyway.
void tidy_web_origin(std::string& origin) {
  origin = text::lowered(origin);
  for (const auto& [scheme, port] : {std::pair("https://", ":443"), std::pair("http://", ":80")}) {
    if (origin.starts_with(scheme) && origin.ends_with(port)) origin.erase(origin.rfind(':'));
  }
}

}  // namespace

std::string default_state_folder(const Environment& environment) {
  // systemd separates several folders by colons; the first one is ours.
  std::string_view state = get(environment, "STATE_DIRECTORY");
  if (!state.empty()) return std::string(state.substr(0, state.find(':')));
  if (::geteuid() == 0) return "/var/lib/postern";
  std::string_view xdg = get(environment, "XDG_STATE_HOME");
  if (xdg.starts_with('/')) return std::string(xdg) + "/postern";
  std::string_view home = get(environment, "HOME");
  if (home.starts_with('/')) return std::string(home) + "/.local/state/postern";
  return "/tmp/postern-" + std::to_string(::geteuid());
}

const std::vector<std::string>& default_scopes() {
  static const std::vector<std::string> scopes{"org:read", "project:read", "team:read",
                                               "member:read", "event:read"};
  return scopes;
}

Options default_options(const Environment& environment) {
  Options options;
  for (const char* address : {"127.0.0.1:7979", "[::1]:7979"}) {
    wire::ListenOptions listener;
    listener.address = address;
    options.listen.push_back(listener);
  }
  options.store.path = default_state_folder(environment);
  options.runtime_file = options.store.path + "/postern.runtime";
  return options;
}

void fill_in(Options& options, bool has_runtime_file) {
  tidy(options.sentry);
  for (GrantSetup& setup : options.grants) {
    tidy(setup.sentry);
    setup.grant.sentry_url = setup.sentry.url;
    setup.grant.authorize_parameters = split(setup.authorize_parameters);
    setup.grant.token_parameters = split(setup.token_parameters);
  }
  for (std::string& host : options.relay.guard.hosts) host = text::lowered(host);
  for (std::string& origin : options.relay.guard.origins) tidy_web_origin(origin);
  options.relay.route_timeouts = split_timeouts(options.route_timeouts);
  options.upstream.url = options.sentry.url;
  options.upstream.tls.ca_file = options.sentry.ca_file;
  options.upstream.egress_proxy = options.sentry.egress_proxy;
  if (options.admin.listen == "off") options.admin.listen.clear();
  if (options.admin.probes_listen == "off") options.admin.probes_listen.clear();
  if (options.admin.token_file.empty())
    options.admin.token_file = options.store.path + "/admin.token";
  if (!has_runtime_file) options.runtime_file = options.store.path + "/postern.runtime";
}

std::string find_config_file(const std::string& asked_for, const Environment& environment) {
  if (!asked_for.empty()) return asked_for;
  std::string_view variable = get(environment, "POSTERN_CONFIG");
  if (!variable.empty()) return std::string(variable);
  for (const char* path : {"postern.yaml", "/etc/postern/postern.yaml"}) {
    if (::access(path, F_OK) == 0) return path;
  }
  return {};
}

}  // namespace postern::config
