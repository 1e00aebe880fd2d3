#include "redis/topology.h"

#include <algorithm>
#include <string>

namespace postern::redis {
namespace {

Result<std::vector<Address>> parse_all(const Options& options) {
  if (options.url.empty() == options.addresses.empty())
    return fail(options.url.empty()
                    ? "url is missing: it names the server, as in redis://redis.example:6379"
                    : "url and addresses exclude each other");
  const uint16_t port = options.master.empty() ? kServerPort : kSentinelPort;
  std::vector<Address> all;
  if (!options.url.empty()) {
    auto address = parse_address(options.url, port);
    if (!address) return fail("url: " + address.error().what);
    all.push_back(std::move(*address));
  }
  for (const std::string& text : options.addresses) {
    auto address = parse_address(text, port);
    if (!address) return fail("addresses: " + address.error().what);
    all.push_back(std::move(*address));
  }
  return all;
}

Result<void> check_kind(const Options& options, const Topology& topology) {
  const std::vector<Address>& all = topology.addresses;
  if (options.cluster && !options.master.empty())
    return fail("master (Sentinel) and cluster exclude each other");
  const bool is_server = topology.kind == Topology::Kind::kServer;
  if (is_server && all.size() > 1)
    return fail("several addresses need either master, if they are Sentinels, or cluster: true");
  if (!is_server && std::any_of(all.begin(), all.end(), [](auto& one) { return one.is_unix(); }))
    return fail("Sentinels and nodes of a cluster have no unix sockets: use redis://");
  if (options.cluster && topology.database != 0)
    return fail("a cluster has database 0 only: leave the number out of the URL");
  for (const Address& one : all)
    if (one.tls != topology.tls || one.user != all[0].user || one.database != topology.database)
      return fail("addresses must agree in all but host and port");
  return {};
}

Result<void> check_credentials(const Options& options, const Topology& topology) {
  if (!options.user.empty() && !topology.addresses[0].user.empty() &&
      options.user != topology.addresses[0].user)
    return fail("user and the user in the URL differ: leave one out");
  if (!options.password.empty() && !options.password_file.empty())
    return fail("password and password_file exclude each other");
  if (!topology.user.empty() && options.password.empty() && options.password_file.empty())
    return fail("a user needs a password: name a file that holds it by password_file");
  if (!options.sentinel_password_file.empty() && options.master.empty())
    return fail("sentinel_password_file is of use with master only");
  return {};
}

Result<void> check_tls(const Options& options, const Topology& topology) {
  if (options.certificate_file.empty() != options.key_file.empty())
    return fail("certificate_file and key_file belong together");
  if (!topology.tls && !(options.ca_file.empty() && options.certificate_file.empty()))
    return fail(
        "ca_file and certificate_file are of use over TLS only: begin the URL with rediss://");
  return {};
}

bool is_prefix(const std::string& prefix) {
  return !prefix.empty() && prefix.size() <= 64 &&
         std::all_of(prefix.begin(), prefix.end(),
                     [](unsigned char c) { return c > ' ' && c < 0x7f && c != '{' && c != '}'; });
}

Result<void> check_rest(const Options& options) {
  if (!is_prefix(options.prefix))
    return fail("prefix must have 1 to 64 visible characters, without { and }");
  if (options.connect_timeout <= Duration::zero() || options.timeout <= Duration::zero())
    return fail("connect_timeout and timeout must be longer than nothing");
  return {};
}

}  // namespace

Result<Topology> topology_of(const Options& options) {
  auto addresses = parse_all(options);
  if (!addresses) return fail(addresses.error().what);
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
    if (!done) return fail(done.error().what);
  return topology;
}

}  // namespace postern::redis
