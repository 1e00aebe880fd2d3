#include "cli/run.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ostream>
#include <system_error>

#include "config/keys.h"
#include "config/runtime_file.h"
#include "wire/address.h"

namespace postern::cli {
namespace {

constexpr int kConnectMilliseconds = 1000;

// 64 hexadecimal digits: what sentry-cli takes for a token without a word. One that begins with
// sntrys_ would carry a URL of its own, which wins over SENTRY_URL.
std::string dummy_token() {
  return std::string(64, '0');
}

bool replace_prefix(std::string& text, std::string_view prefix, std::string_view by) {
  if (!text.starts_with(prefix)) return false;
  text.replace(0, prefix.size(), by);
  return true;
}

void add_to_list(config::Environment& environment, const char* name, const std::string& host) {
  std::string& list = environment[name];
  list += (list.empty() ? "" : ",") + host;
}

bool is_secret_of(const config::Options& options, const std::string& value) {
  std::vector<const Secret*> secrets{&options.client.secret, &options.store.key,
                                     &options.store.old_key};
  for (const config::GrantSetup& setup : options.grants) {
    secrets.insert(secrets.end(),
                   {&setup.grant.client.secret, &setup.grant.code, &setup.grant.token});
  }
  return std::any_of(secrets.begin(), secrets.end(), [&](const Secret* secret) {
    return !secret->empty() && secret->reveal() == value;
  });
}

// The file may name any variable in ${...}, so values are looked at too.
void take_out_secrets(config::Environment& environment, const config::Options& options) {
  config::Options any;
  for (const config::Key& key : config::keys_of(any)) {
    if (config::is_secret(key)) environment.erase(config::environment_name(key.path));
  }
  std::erase_if(environment,
                [&](const auto& entry) { return is_secret_of(options, entry.second); });
}

bool answers(const std::string& text) {
  auto address = wire::parse_listen_address(text);
  if (!address) return false;
  int fd = ::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  int error = ::connect(fd, address->get(), address->length) == 0 ? 0 : errno;
  pollfd waiting{fd, POLLOUT, 0};
  if (error == EINPROGRESS && ::poll(&waiting, 1, kConnectMilliseconds) == 1) {
    socklen_t size = sizeof error;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  }
  ::close(fd);
  return error == 0;
}

// What the running instance says, else what the configuration says; without TLS, whose authority
// the program would have to be told.
std::vector<std::string> candidates(const config::Options& options) {
  std::vector<std::string> listen;
  if (auto info = config::read_runtime_file(options.runtime_file); info && *info) {
    listen = (*info)->listen;
    std::erase_if(listen, [&](const std::string& one) { return config::speaks_tls(**info, one); });
    return listen;
  }
  for (const auto& listener : options.listen)
    if (!listener.tls.is_on()) listen.push_back(listener.address);
  return listen;
}

int become(const std::vector<std::string>& program, const config::Environment& environment,
           Context& context) {
  std::vector<char*> arguments;
  for (const std::string& word : program) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::vector<std::string> entries;
  for (const auto& [name, value] : environment) entries.push_back(name + "=" + value);
  std::vector<char*> variables;
  for (std::string& entry : entries) variables.push_back(entry.data());
  variables.push_back(nullptr);
  ::execvpe(arguments[0], arguments.data(), variables.data());
  context.err << "cannot start " << printable(program.front()) << ": "
              << std::generic_category().message(errno) << '\n';
  return kFailed;
}

}  // namespace

std::optional<std::string> choose_address(const std::vector<std::string>& listen) {
  for (std::string address : listen) {
    if (address.starts_with("unix:") || address.ends_with(":0")) continue;
    if (!replace_prefix(address, "0.0.0.0:", "127.0.0.1:")) {
      replace_prefix(address, "[::]:", "[::1]:");
    }
    return address;
  }
  return {};
}

config::Environment client_environment(config::Environment environment,
                                       const config::Options& options, const std::string& address) {
  take_out_secrets(environment, options);
  environment["SENTRY_URL"] = "http://" + address + "/";
  environment["SENTRY_AUTH_TOKEN"] = dummy_token();
  // Names that other clients read first, or that would make them use a login of their own.
  for (const char* name : {"SENTRY_HOST", "SENTRY_TOKEN", "SENTRY_API_KEY"}) {
    environment.erase(name);
  }
  environment["SENTRY_FORCE_ENV_TOKEN"] = "1";
  if (options.grants.size() == 1) {
    environment["SENTRY_ORG"] = options.grants.front().grant.organization;
  }
  std::string host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  add_to_list(environment, "NO_PROXY", host);
  add_to_list(environment, "no_proxy", host);
  return environment;
}

int run(const config::Options& options, const Arguments& arguments, Context& context) {
  auto address = choose_address(candidates(options));
  if (!address) {
    context.err << "no TCP address of Postern without TLS is known: start `postern serve` first\n";
    return kFailed;
  }
  if (!answers(*address)) {
    context.err << "nothing answers at " << *address << ": start `postern serve` first\n";
    return kFailed;
  }
  if (!options.relay.guard.require_header.empty()) {
    context.err
        << "warning: guard.require_header is set; the program must send that field itself\n";
  }
  auto environment = client_environment(context.environment, options, *address);
  return become(arguments.program, environment, context);
}

}  // namespace postern::cli
