#include "config/check.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/ip_network.h"
#include "base/name_pattern.h"
#include "base/text.h"
#include "config/addresses.h"
#include "config/check_policy.h"
#include "config/check_store.h"
#include "config/spelling.h"

namespace postern::config {
namespace {

class Checker final {
 public:
  Checker(const Options& options, const Origins& origins, const Faults& earlier, Faults& faults)
      : options_(options), origins_(origins), earlier_(earlier), faults_(faults) {}

  void run(const FurtherCheck& further) {
    if (further != nullptr) {
      for (Remark& remark : further(options_))
        refuse(std::move(remark.path), std::move(remark.message));
    }
    guard();
    sentry("", options_.sentry);
    client("", options_.client);
    grants();
    listeners();
    trusted_proxies();
    admin();
    const Refuse refusing = [this](std::string path, std::string message) {
      refuse(std::move(path), std::move(message));
    };
    check_policy(options_, origins_, earlier_, refusing);
    ingest();
    route_timeouts();
    cache();
    check_store(options_, origins_, earlier_, refusing);
  }

 private:
  bool was_given(std::string_view path) const { return origins_.count(path) != 0; }

  // The place is that of the nearest thing around `path` that the file has. A secret may be in a
  // file of its own: what is wrong with it is wrong there.
  void refuse(std::string path, std::string message) {
    if (!was_given(path) && was_given(path + "_file")) path += "_file";
    Origin origin;
    for (std::string near = path; !near.empty();) {
      auto found = origins_.find(near);
      if (found != origins_.end()) {
        origin = found->second;
        break;
      }
      size_t cut = near.find_last_of(".[");
      near.resize(cut == std::string::npos ? 0 : cut);
    }
    faults_.push_back({std::move(origin), std::move(path), std::move(message)});
  }

  void guard() {
    for (const std::string& host : options_.relay.guard.hosts) {
      if (!is_host(host)) {
        refuse("guard.hosts", "'" + host + "' is not a host name (no port, no scheme, no pattern)");
      }
    }
    for (const std::string& origin : options_.relay.guard.origins) {
      if (origin_fault(origin, "https") && origin_fault(origin, "http")) {
        refuse("guard.origins", "'" + origin + "' is not an origin like https://app.example");
      }
    }
    std::string_view header = options_.relay.guard.require_header;
    if (!header.empty() && !is_field_name(header.substr(0, header.find(':')))) {
      refuse("guard.require_header", "must be a field name, or Name: value");
    }
  }

  // For a grant only what it says itself: the rest is the top level's, checked there.
  void sentry(const std::string& prefix, const SentryOptions& sentry) {
    auto mine = [&](const char* key) { return prefix.empty() || was_given(prefix + key); };
    if (mine("sentry.url")) sentry_url(prefix + "sentry.url", sentry.url);
    if (mine("sentry.ca_file") && !sentry.ca_file.empty() &&
        ::access(sentry.ca_file.c_str(), R_OK) != 0) {
      refuse(prefix + "sentry.ca_file",
             "cannot read " + sentry.ca_file + ": " + std::generic_category().message(errno));
    }
    if (mine("sentry.egress_proxy") && !sentry.egress_proxy.empty() &&
        sentry.egress_proxy != "none") {
      auto fault = origin_fault(sentry.egress_proxy, "http", true);
      if (fault) refuse(prefix + "sentry.egress_proxy", *fault);
    }
    if (!mine("sentry.regions")) return;
    for (const std::string& region : sentry.regions) {
      if (!is_host(region.substr(0, region.find(':')))) {
        refuse(
            prefix + "sentry.regions",
            "'" + region + "' is neither a label like us nor a host like us.sentry.example:8443");
      }
    }
  }

  void sentry_url(const std::string& path, const std::string& url) {
    if (url.starts_with("http://")) {
      refuse(path,
             "must be https://: Postern speaks only TLS to Sentry, because every request "
             "carries a token");
    } else if (auto fault = origin_fault(url, "https")) {
      refuse(path, *fault);
    }
  }

  void client(const std::string& prefix, const grants::Client& client) {
    if (client.id.empty() && !client.secret.empty()) {
      refuse(prefix + "client.secret", "is there, but client.id is missing");
    }
    for (std::string_view field : {std::string_view(client.id), client.secret.reveal()}) {
      bool clean =
          std::all_of(field.begin(), field.end(), [](char c) { return c > ' ' && c < 0x7f; });
      if (!clean) {
        bool is_id = field.data() == client.id.data();
        refuse(prefix + (is_id ? "client.id" : "client.secret"),
               "must be visible ASCII characters without spaces");
      }
    }
  }

  void grants() {
    if (options_.grants.empty()) {
      refuse("grants", "at least one is needed, such as grants: [{organization: acme}]");
    }
    std::set<std::string_view> names;
    for (size_t i = 0; i < options_.grants.size(); ++i) {
      const GrantSetup& setup = options_.grants[i];
      std::string prefix = item("grants", i) + ".";
      grant(prefix, setup);
      if (!setup.grant.name.empty() && !names.insert(setup.grant.name).second) {
        refuse(prefix + "name", "another grant is called '" + setup.grant.name + "' already");
      }
      sentry(prefix, setup.sentry);
      if (was_given(prefix + "client")) client(prefix, setup.grant.client);
    }
  }

  void grant(const std::string& prefix, const GrantSetup& setup) {
    const grants::GrantOptions& grant = setup.grant;
    if (grant.organization.empty()) {
      refuse(prefix + "organization", "is missing: the slug of the organization");
    } else if (!is_slug(grant.organization)) {
      refuse(prefix + "organization", "'" + grant.organization + "' is not a slug like acme");
    }
    // Without a name of its own it has the organization's, which was looked at just now.
    if (grant.name != grant.organization && !is_grant_name(grant.name)) {
      refuse(prefix + "name",
             "must be 1 to 64 of A-Z a-z 0-9 . _ - and not begin with a dot: files are named so");
    }
    kind(prefix, setup);
    if (grant.scopes.empty() && grant.kind != grants::Kind::kStatic)
      refuse(prefix + "scopes", "must name at least one scope");
    for (const std::string& scope : grant.scopes) {
      if (!consists_of(scope, ":-_")) {
        refuse(prefix + "scopes", "'" + scope + "' is not a scope like project:read");
      }
    }
  }

  // What each kind needs, and what would be silently ignored.
  void kind(const std::string& prefix, const GrantSetup& setup) {
    const grants::GrantOptions& grant = setup.grant;
    const bool is_static = grant.kind == grants::Kind::kStatic;
    const bool is_integration = grant.kind == grants::Kind::kIntegration;
    if (is_static && grant.token.empty())
      refuse(prefix + "token", "is missing: a static grant needs token_file (or token)");
    if (is_integration && !is_uuid(grant.installation))
      refuse(prefix + "installation", "must be the installation's uuid, 8-4-4-4-12 hex digits");
    if (is_integration && (grant.client.id.empty() || grant.client.secret.empty()))
      refuse(prefix + "client.secret", "an integration needs its client id and secret");
    auto only = [&](const char* key, bool applies, const char* kind) {
      bool given = was_given(prefix + key) || was_given(prefix + key + "_file");
      if (given && !applies) refuse(prefix + key, std::string("is for kind: ") + kind + " only");
    };
    only("token", is_static, "static");
    only("installation", is_integration, "integration");
    only("code", is_integration, "integration");
    only("seed_file", !is_static, "oauth");
    parameters(prefix + "authorize_parameters", setup.authorize_parameters);
    parameters(prefix + "token_parameters", setup.token_parameters);
  }

  void parameters(const std::string& path, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      if (text.find('=') == std::string::npos || text.front() == '=')
        refuse(path, "an entry is not name=value");
    }
  }

  void listeners() {
    if (options_.listen.empty()) refuse("listen", "at least one address is needed");
    std::set<std::string_view> seen;
    for (size_t i = 0; i < options_.listen.size(); ++i) {
      const wire::ListenOptions& listener = options_.listen[i];
      std::string path = item("listen", i);
      listen_address(path, listener);
      if (!listener.name.empty() && !is_grant_name(listener.name))
        refuse(path + ".name", "must be 1 to 64 of A-Z a-z 0-9 . _ - and not begin with a dot");
      if (!listener.grant.empty() && !has_grant(options_, listener.grant)) {
        refuse(path + ".grant", "there is no grant called '" + listener.grant + "'");
      }
      bool is_fixed = !listener.address.ends_with(":0");
      if (is_fixed && !seen.insert(listener.address).second) {
        refuse(path, listener.address + " is listed twice");
      }
    }
  }

  void listen_address(const std::string& path, const wire::ListenOptions& listener) {
    if (listener.address.empty()) {
      refuse(path + ".address", "is missing");
      return;
    }
    auto address = parse_listen(listener.address);
    if (!address) {
      refuse(path, "'" + listener.address + "' " + address.error().what);
      return;
    }
    if (!address->is_loopback && !listener.allow_remote) {
      refuse(path, listener.address +
                       " can be reached from other machines, and whoever reaches it acts with your "
                       "token; if that is meant, write {address: \"" +
                       listener.address + "\", allow_remote: true}");
    }
    listen_tls(path + ".tls", listener.tls, address->is_unix);
    if (address->is_unix) return;
    for (const char* key : {"mode", "uids"}) {
      if (was_given(path + "." + key)) refuse(path + "." + key, "is for unix sockets only");
    }
  }

  // What the files hold is for those to judge who know TLS.
  void listen_tls(const std::string& path, const wire::ListenTlsOptions& tls, bool is_unix) {
    const bool has_more =
        !tls.key_file.empty() || tls.asks_for_certificates() || !tls.client_names.empty();
    if (is_unix && (tls.is_on() || has_more))
      return refuse(path, "is not for unix sockets: nobody is on the way to them");
    if (tls.is_on() && tls.key_file.empty())
      refuse(path + ".key_file", "is missing: the file with the certificate's key");
    if (!tls.is_on() && has_more)
      refuse(path + ".certificate_file", "is missing: TLS needs a certificate and its key");
    if (tls.is_on() && !tls.asks_for_certificates() && !tls.client_names.empty())
      refuse(path + ".client_ca_file",
             "is missing: names are known from certificates of authorities that you trust");
    names(path + ".client_names", tls.client_names);
  }

  void names(const std::string& path, const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
      if (const auto fault = name_pattern_fault(pattern))
        refuse(path, "'" + pattern + "' " + *fault);
    }
  }

  void trusted_proxies() {
    for (const std::string& text : options_.server.trusted_proxies) {
      if (const auto network = IpNetwork::parse(text); !network)
        refuse("server.trusted_proxies", "'" + text + "' " + network.error().what);
    }
  }

  void admin() {
    control("admin.listen", options_.admin.listen, true);
    control("probes.listen", options_.admin.probes_listen, false);
    const uint64_t bodies = 2 * options_.admin.inspect * options_.admin.inspect_bodies;
    if (bodies > admin::kMostOfBodies)
      refuse("admin.inspect_bodies",
             "two bodies of each of " + std::to_string(options_.admin.inspect) +
                 " requests (admin.inspect) may be more than " +
                 text::format_size(admin::kMostOfBodies) + ": lower one of the two settings");
  }

  void control(const char* key, const std::string& listen, bool local) {
    if (listen.empty()) return;
    auto address = parse_listen(listen);
    if (!address)
      return refuse(key, "'" + listen + "' " + address.error().what + ", nor is it off");
    if (local && !address->is_loopback)
      refuse(key, listen + " can be reached from other machines: use 127.0.0.1, [::1] or unix:");
  }

  void route_timeouts() {
    for (const relay::RouteTimeout& rule : options_.relay.route_timeouts) {
      if (rule.first_byte < 100ms || rule.first_byte > 1h)
        refuse("upstream.timeouts",
               "'" + rule.what + "' must be followed by = and a duration from 100ms to 1h");
      const bool is_word = rule.what == relay::kUploads || rule.what == relay::kAutofix;
      const auto fault = is_word ? std::nullopt : policy::pattern_fault(rule.what);
      if (fault)
        refuse("upstream.timeouts", "'" + rule.what +
                                        "' is neither uploads, autofix nor a path like "
                                        "/api/0/organizations/{organization}/events/: it " +
                                        *fault);
    }
  }

  void ingest() {
    const relay::Options& relay = options_.relay;
    const uint32_t all = options_.upstream.max_connections;
    if (relay.ingest == relay::Ingest::kPass && relay.ingest_connections >= all)
      refuse("sentry.ingest_connections", std::to_string(relay.ingest_connections) +
                                              " leave nothing for calls of the API: must " +
                                              "be below upstream.max_connections, " +
                                              std::to_string(all));
  }

  void cache() {
    const relay::CacheOptions& cache = options_.relay.cache;
    if (cache.max_body > cache.max_bytes)
      refuse("cache.max_body", "is larger than cache.max_bytes, which holds all of them");
  }

  const Options& options_;
  const Origins& origins_;
  const Faults& earlier_;
  Faults& faults_;
};

bool same_place(const Origin& a, const Origin& b) {
  return a.source != Origin::Source::kDefault && a.source == b.source && a.name == b.name &&
         a.line == b.line && a.column == b.column;
}

std::string_view parent_of(std::string_view path) {
  size_t cut = path.rfind('.');
  return cut == std::string_view::npos ? std::string_view() : path.substr(0, cut);
}

// Would `fault` go away by itself when `earlier` is put right?
bool follows_from(const Fault& fault, const Fault& earlier, const Origins& origins) {
  if (fault.path == earlier.path || same_place(fault.origin, earlier.origin)) return true;
  if (earlier.path.starts_with(fault.path + "[")) return true;  // a list with a faulty entry
  if (fault.path.ends_with(".grant") && earlier.path.starts_with("grants")) return true;
  // What is missing is often there, misspelt.
  bool is_missing = origins.count(fault.path) == 0;
  return is_missing && !earlier.path.empty() && parent_of(fault.path) == parent_of(earlier.path);
}

}  // namespace

void check_options(const Options& options, const Origins& origins, Faults& faults,
                   const FurtherCheck& further) {
  Faults found;
  const Faults earlier = faults;
  Checker(options, origins, earlier, found).run(further);
  for (Fault& fault : found) {
    bool is_consequence = std::any_of(earlier.begin(), earlier.end(), [&](const Fault& other) {
      return follows_from(fault, other, origins);
    });
    if (!is_consequence) faults.push_back(std::move(fault));
  }
}

}  // namespace postern::config
