#include "runtime/notices.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/text.h"
#include "policy/catalogue.h"
#include "policy/unpinned.h"
#include "redis/topology.h"

namespace postern::runtime {
namespace {

// Callers of other machines call it by its name or address there, which the guard has to know.
void add_unnamed(const config::Options& options, std::vector<Notice>& notices) {
  if (!options.relay.guard.hosts.empty()) return;
  for (size_t i = 0; i < options.listen.size(); ++i) {
    if (!options.listen[i].allow_remote) continue;
    notices.push_back(
        {log::Level::kWarn, "hosts_unnamed",
         "listen[" + std::to_string(i) + "].allow_remote: " + options.listen[i].address,
         "guard.hosts is empty, so who calls it by another name than localhost, 127.0.0.1 or [::1] "
         "gets 421: put there what callers have in their base URL (a port that is published on "
         "localhost needs nothing)"});
  }
}

// What is less than a default, or more: whoever looks for the reason of something finds it here.
void add_policy(const policy::Options& policy, std::vector<Notice>& notices) {
  const auto add = [&](log::Level level, std::string setting, std::string detail) {
    const bool weakens = level == log::Level::kWarn;
    notices.push_back({level, weakens ? "policy_weakened" : "policy_changed", std::move(setting),
                       std::move(detail)});
  };
  if (!policy.organization_pinning)
    add(log::Level::kWarn, "policy.organization_pinning: false",
        "a user's token reaches every organization of that user");
  if (policy.access == policy::AccessMode::kReadOnly)
    add(log::Level::kInfo, "policy.access: read-only",
        "GET, HEAD and OPTIONS pass, nothing else, whatever a rule says");
  if (policy.dry_run)
    add(log::Level::kWarn, "policy.dry_run: true",
        "what access, rules and default would deny is logged, and passes");
  if (policy.preflight == policy::Preflight::kWarn)
    add(log::Level::kInfo, "policy.preflight: warn",
        "calls that take a scope which the grant lacks are sent, and marked");
  if (policy.preflight == policy::Preflight::kOff)
    add(log::Level::kInfo, "policy.preflight: off",
        "calls that take a scope which the grant lacks are sent");
}

void add_unpinned(const policy::Options& policy, std::vector<Notice>& notices) {
  if (policy.unpinned.empty() || !policy.organization_pinning) return;
  const policy::Catalogue catalogue = policy::Catalogue::of(policy);
  for (size_t i = 0; i < policy.unpinned.size(); ++i) {
    const std::string& entry = policy.unpinned[i];
    const auto doubt = policy::unpinned_doubt(entry, catalogue);
    if (!doubt) continue;
    notices.push_back({log::Level::kWarn, "unpinned_unknown",
                       "policy.unpinned[" + std::to_string(i) + "]: " + entry, *doubt});
  }
}

bool is_this_machine(const redis::Address& address) {
  const std::string& host = address.host;
  in_addr v4{};
  const bool is_v4 = ::inet_pton(AF_INET, host.c_str(), &v4) == 1;
  return address.is_unix() || host == "localhost" || host == "::1" ||
         (is_v4 && host.starts_with("127."));
}

void add_store(const config::StoreOptions& store, std::vector<Notice>& notices) {
  if (store.kind != config::StoreKind::kRedis || !store.key.empty()) return;
  const auto topology = redis::topology_of(config::redis_options(store));
  if (!topology || topology->tls) return;
  const auto& all = topology->addresses;
  const auto other = std::find_if_not(all.begin(), all.end(), is_this_machine);
  if (other == all.end()) return;
  notices.push_back({log::Level::kWarn, "store_exposed", "store.redis: " + other->text(),
                     "is another machine, and there is neither rediss:// nor store.key: tokens go "
                     "there and lie there in plain text. Set store.key_file (openssl rand -hex "
                     "32, the same for all instances), and use rediss://"});
}

void add_bodies(const admin::Options& admin, std::vector<Notice>& notices) {
  if (admin.inspect_bodies == 0) return;
  const std::string setting = "admin.inspect_bodies: " + text::format_size(admin.inspect_bodies);
  if (admin.listen.empty() || admin.inspect == 0) {
    notices.push_back({log::Level::kInfo, "bodies_not_kept", setting,
                       "without admin.listen and admin.inspect there is nothing to show them"});
    return;
  }
  notices.push_back({log::Level::kWarn, "bodies_kept", setting,
                     "the beginnings of what callers send and get are kept in memory, for everyone "
                     "on this machine who reaches " +
                         admin.listen + " (admin.listen)"});
}

}  // namespace

std::vector<Notice> notices_of(const config::Options& options) {
  std::vector<Notice> notices;
  add_unnamed(options, notices);
  add_store(options.store, notices);
  add_policy(options.relay.policy, notices);
  add_unpinned(options.relay.policy, notices);
  add_bodies(options.admin, notices);
  return notices;
}

}  // namespace postern::runtime
