#include "runtime/activation.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/addresses.h"
#include "runtime/process.h"

namespace postern::runtime {
namespace {

constexpr int kFirst = 3;         // as sd_listen_fds(3) has it
constexpr uint64_t kMost = 1024;  // more is a mistake
constexpr const char* kUnknown = "unknown";

// Cuts what stands before the next colon off `names`.
std::string take_name(std::string& names) {
  const size_t end = std::min(names.find(':'), names.size());
  std::string name = names.substr(0, end);
  names.erase(0, end + 1);
  return name.empty() ? kUnknown : name;
}

// Nothing that is allowed or denied depends on the entry.
bool any_will_do(const config::Options& options) {
  const wire::ListenOptions& first = options.listen.front();
  const bool alike =
      std::all_of(options.listen.begin(), options.listen.end(), [&](const auto& entry) {
        return entry.name.empty() && entry.grant == first.grant && entry.uids == first.uids &&
               entry.allow_remote == first.allow_remote && entry.tls == first.tls;
      });
  const std::vector<policy::RuleOptions>& rules = options.relay.policy.rules;
  return alike && std::all_of(rules.begin(), rules.end(),
                              [](const auto& rule) { return rule.listener.empty(); });
}

const wire::ListenOptions* entry_for(const std::string& name, const std::string& address,
                                     const config::Options& options) {
  const std::vector<wire::ListenOptions>& listen = options.listen;
  const auto find = [&](auto fits) {
    const auto found = std::find_if(listen.begin(), listen.end(), fits);
    return found == listen.end() ? nullptr : &*found;
  };
  if (const auto* named = find([&](const auto& entry) { return entry.name == name; })) return named;
  if (const auto* bound = find([&](const auto& entry) { return entry.address == address; }))
    return bound;
  return any_will_do(options) ? &listen.front() : nullptr;
}

}  // namespace

std::vector<GivenSocket> take_given_sockets() {
  const std::string pid = take_variable("LISTEN_PID");
  const auto count = text::parse_unsigned(take_variable("LISTEN_FDS"));
  std::string names = take_variable("LISTEN_FDNAMES");
  std::vector<GivenSocket> given;
  if (pid != std::to_string(::getpid()) || !count || *count > kMost) return given;
  for (int fd = kFirst; fd < kFirst + static_cast<int>(*count); ++fd) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    given.push_back({take_name(names), wire::Socket(fd)});
  }
  return given;
}

Result<wire::ListenOptions> settings_for(const std::string& name, const std::string& address,
                                         const config::Options& options) {
  const std::string which = "the socket " + name + " (" + address + ") that was given";
  const wire::ListenOptions* entry = entry_for(name, address, options);
  if (entry == nullptr)
    return fail(which + " fits no entry of listen: give one the name " + name +
                ", or FileDescriptorName= the name of one");
  const auto where = config::parse_listen(address);
  if (!where) return fail(which + " is of no kind that Postern serves at");
  if (!where->is_loopback && !entry->allow_remote)
    return fail(which +
                " can be reached from other machines: if that is meant, give listen an "
                "entry with its name and allow_remote: true");
  if (!where->is_unix && !entry->uids.empty())
    return fail(which + " is no unix socket, but its entry of listen has uids");
  if (where->is_unix && entry->tls.is_on())
    return fail(which + " is a unix socket, but its entry of listen has tls");
  wire::ListenOptions settings = *entry;
  settings.address = address;
  if (settings.name.empty() && name != kUnknown) settings.name = name;
  return settings;
}

}  // namespace postern::runtime
