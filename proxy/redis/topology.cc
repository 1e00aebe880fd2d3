#include "redis/topology.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace postern::redis {
namespace {

using Check = Result<void, TopologyFault>;

tl::unexpected<TopologyFault> wrong(std::string_view key, std::string what) {
  return tl::unexpected(TopologyFault{std::string(key), std::move(what)});
}

std::string_view key_of_servers(const Options& options) {
  return options.addresses.empty() ? "url" : "addresses";
}

Result<std::vector<Address>, TopologyFault> parse_all(const Options& options) {
  if (options.url.empty() && options.addresses.empty())
    return wrong("url", "is missing: it names the server, as in redis://redis.example:6379");
  if (!options.url.empty() && !options.addresses.empty()) return wrong("url", "excludes addresses");
  const uint16_t port = options.master.empty() ? kServerPort : kSentinelPort;
  std::vector<std::string> texts = options.addresses;
  if (texts.empty()) texts.push_back(options.url);
  std::vector<Address> all;
  for (const std::string& text : texts) {
    auto address = parse_address(text, port);
    if (!address) return wrong(key_of_servers(options), address.error().what);
    all.push_back(std::move(*address));
  }
  return all;
}

Check check_kind(const Options& options, const Topology& topology) {
  const std::vector<Address>& all = topology.addresses;
  const std::string_view servers = key_of_servers(options);
  if (options.cluster && !options.master.empty())
    return wrong("cluster", "excludes master (Sentinel)");
  const bool is_server = topology.kind == Topology::Kind::kServer;
  if (is_server && all.size() > 1)
    return wrong(servers, "several need either master, if they are Sentinels, or cluster: true");
  if (!is_server && std::any_of(all.begin(), all.end(), [](auto& one) { return one.is_unix(); }))
    return wrong(servers, "Sentinels and nodes of a cluster have no unix sockets: use redis://");
  if (options.cluster && topology.database != 0)
    return wrong(servers, "a cluster has database 0 only: leave the number out");
  for (const Address& one : all)
    if (one.tls != topology.tls || one.user != all[0].user || one.database != topology.database)
      return wrong(servers, "must agree in all but host and port");
  return {};
}

Check check_credentials(const Options& options, const Topology& topology) {
  if (!options.user.empty() && !topology.addresses[0].user.empty() &&
      options.user != topology.addresses[0].user)
    return wrong("user", "differs from the user in the URL: leave one out");
  if (!options.password.empty() && !options.password_file.empty())
    return wrong("password_file", "excludes password");
  if (!topology.user.empty() && options.password.empty() && options.password_file.empty())
    return wrong("password_file", "is missing: a user needs a password, and this names its file");
  if (!options.sentinel_password_file.empty() && options.master.empty())
    return wrong("sentinel_password_file", "is of use with master only");
  return {};
}

Check check_tls(const Options& options, const Topology& topology) {
  if (options.certificate_file.empty() && !options.key_file.empty())
    return wrong("key_file", "needs certificate_file beside it");
  if (!options.certificate_file.empty() && options.key_file.empty())
    return wrong("certificate_file", "needs key_file beside it");
  if (topology.tls || (options.ca_file.empty() && options.certificate_file.empty())) return {};
  return wrong(options.ca_file.empty() ? "certificate_file" : "ca_file",
               "is of use over TLS only: begin the URL with rediss://");
}

bool is_prefix(const std::string& prefix) {
  return !prefix.empty() && prefix.size() <= 64 &&
         std::all_of(prefix.begin(), prefix.end(),
                     [](unsigned char c) { return c > ' ' && c < 0x7f && c != '{' && c != '}'; });
}

Check check_rest(const Options& options) {
  if (!is_prefix(options.prefix))
    return wrong("prefix", "must have 1 to 64 visible characters, without { and }");
  if (options.connect_timeout <= Duration::zero())
    return wrong("connect_timeout", "must be longer than nothing");
  if (options.timeout <= Duration::zero()) return wrong("timeout", "must be longer than nothing");
  return {};
}

}  // namespace

Result<Topology, TopologyFault> topology_of(const Options& options) {
  auto addresses = parse_all(options);
  if (!addresses) return tl::unexpected(addresses.error());
  Topology topology;
  topology.addresses = std::move(*addresses);
  const Address& first = topology.addresses.front();
  topology.tls = first.tls;
  topology.user = options.user.empty() ? first.user : options.user;
  topology.database = first.database;
  if (options.cluster) topology.kind = Topology::Kind::kCluster;
  if (!options.master.empty()) topology.kind = Topology::Kind::kSentinel;
  for (const auto& done : {check_kind(options, topology), check_credentials(options, topology),
                           check_tls(options, topology), check_rest(options)})
    if (!done) return tl::unexpected(done.error());
  return topology;
}

}  // namespace postern::redis
