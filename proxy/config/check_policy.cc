#include "config/check_policy.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/did_you_mean.h"
#include "base/name_pattern.h"
#include "config/key_search.h"

namespace postern::config {
namespace {

class PolicyChecker final {
 public:
  PolicyChecker(const Options& options, const Origins& origins, const Faults& earlier,
                const Refuse& refuse)
      : options_(options), origins_(origins), earlier_(earlier), refuse_(refuse) {}

  void run() {
    unpinned();
    policy();
  }

 private:
  bool was_given(std::string_view path) const { return origins_.count(path) != 0; }

  void unpinned() {
    const std::vector<std::string>& paths = options_.relay.policy.unpinned;
    for (size_t i = 0; i < paths.size(); ++i) {
      if (const auto fault = policy::unpinned_fault(paths[i]))
        refuse_(item("policy.unpinned", i), "'" + paths[i] + "' " + *fault);
    }
  }

  void policy() {
    const policy::Options& policy = options_.relay.policy;
    if (policy.fallback == policy::Effect::kDeny && policy.rules.empty())
      refuse_("policy.default", "denies every call: policy.rules has none that allows one");
    std::set<std::string_view> names;
    bool reached = true;
    for (size_t i = 0; i < policy.rules.size(); ++i) {
      const policy::RuleOptions& rule = policy.rules[i];
      const std::string path = item("policy.rules", i);
      if (was_refused(path)) continue;
      if (!was_given(path + ".effect")) refuse_(path + ".effect", "is missing: allow or deny");
      if (!rule.name.empty() && !names.insert(rule.name).second)
        refuse_(path + ".name", "another rule is called '" + rule.name + "' already");
      if (!reached) refuse_(path, "is never reached: the rule before it fits every call");
      reached = reached && !fits_all(rule, path);
      rule_caller(path, rule);
      if (policy.access == policy::AccessMode::kReadOnly) rule_below_read_only(path, rule);
    }
  }

  bool was_refused(const std::string& path) const {
    return std::any_of(earlier_.begin(), earlier_.end(),
                       [&](const Fault& fault) { return fault.path == path; });
  }

  // What could not be read of a rule is missing now, and would have narrowed it.
  bool fits_all(const policy::RuleOptions& rule, const std::string& path) const {
    const auto is_inside = [&](const Fault& fault) { return fault.path.starts_with(path + "."); };
    return std::none_of(earlier_.begin(), earlier_.end(), is_inside) && rule.methods.empty() &&
           rule.path.empty() && rule.operation.empty() && rule.listener.empty() &&
           rule.uids.empty() && rule.names.empty() && rule.grant.empty();
  }

  void rule_caller(const std::string& path, const policy::RuleOptions& rule) {
    std::vector<std::string_view> grants;
    for (const GrantSetup& setup : options_.grants) grants.push_back(setup.grant.name);
    std::vector<std::string_view> listeners;
    bool is_unix = !rule.listener.empty();
    bool has_names = is_unix;
    for (const wire::ListenOptions& listener : options_.listen) {
      const std::string& identity = wire::identity_of(listener);
      listeners.push_back(identity);
      if (identity != rule.listener) continue;
      is_unix = is_unix && listener.address.starts_with("unix:");
      has_names = has_names && listener.tls.asks_for_certificates();
    }
    if (!rule.grant.empty() && !has_grant(options_, rule.grant)) {
      refuse_(path + ".grant",
              "there is no grant called '" + rule.grant + "'" + nearest_of(rule.grant, grants));
    }
    const bool is_known = rule.listener.empty() || std::find(listeners.begin(), listeners.end(),
                                                             rule.listener) != listeners.end();
    if (!is_known) {
      refuse_(path + ".caller.listener", "there is no listener called '" + rule.listener + "'" +
                                             nearest_of(rule.listener, listeners));
    } else if (!rule.uids.empty() && !is_unix) {
      // Elsewhere the user is not known: a rule that denies would be gone around by another door.
      refuse_(path + ".caller.uids", "are known on a unix socket only: name it in caller.listener");
    } else if (!rule.names.empty() && !has_names) {
      refuse_(path + ".caller.names",
              "are known where callers show certificates only: name a listener with "
              "tls.client_ca_file in caller.listener");
    }
    for (const std::string& pattern : rule.names) {
      if (const auto fault = name_pattern_fault(pattern))
        refuse_(path + ".caller.names", "'" + pattern + "' " + *fault);
    }
  }

  void rule_below_read_only(const std::string& path, const policy::RuleOptions& rule) {
    const auto reads = [](const std::string& method) {
      return method == "GET" || method == "HEAD" || method == "OPTIONS";
    };
    const bool only_writes =
        !rule.methods.empty() && std::none_of(rule.methods.begin(), rule.methods.end(), reads);
    if (rule.effect == policy::Effect::kAllow && only_writes)
      refuse_(path + ".methods",
              "policy.access is read-only and lets none of them through: set it to "
              "full, and policy.default to deny");
  }

  static std::string nearest_of(std::string_view name, const std::vector<std::string_view>& known) {
    const std::string near = text::did_you_mean(name, known);
    return near.empty() && !known.empty() ? "; there are: " + join(known) : near;
  }

  const Options& options_;
  const Origins& origins_;
  const Faults& earlier_;
  const Refuse& refuse_;
};

}  // namespace

void check_policy(const Options& options, const Origins& origins, const Faults& earlier,
                  const Refuse& refuse) {
  PolicyChecker(options, origins, earlier, refuse).run();
}

std::string item(std::string_view list, size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

}  // namespace postern::config
