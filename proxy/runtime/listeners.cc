#include "runtime/listeners.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "config/addresses.h"
#include "wire/listening_socket.h"

namespace postern::runtime {
namespace {

// The default names both loopback addresses; a machine without IPv6 has one.
bool is_missing_here(const wire::ListenOptions& one, const config::Options& options) {
  return options.listen.size() > 1 && one.address.starts_with("[::1]:") && !wire::has_host("[::1]");
}

Result<wire::ListeningSocket> adopt(GivenSocket& one) {
  auto socket = wire::ListeningSocket::adopt(std::move(one.socket));
  if (!socket) return fail("the socket " + one.name + " that was given " + socket.error().what);
  return socket;
}

// The control plane listens at one address.
Result<std::optional<wire::ListeningSocket>> adopt_only(std::vector<GivenSocket>& given) {
  if (given.empty()) return std::nullopt;
  if (given.size() > 1)
    return fail("several sockets named " + given.front().name +
                " were given: Postern takes one of that name");
  auto socket = adopt(given.front());
  if (!socket) return tl::unexpected(socket.error());
  return std::move(*socket);
}

bool is_loopback(const wire::ListeningSocket& socket) {
  const auto where = config::parse_listen(socket.address());
  return where && where->is_loopback;
}

// Who may act with the grant's rights.
std::string_view exposure_of(const wire::ListenOptions& options) {
  return options.tls.is_on()
             ? "whoever reaches this address acts with the grant's rights"
             : "whoever reaches this address acts with the grant's rights, and whoever is on the "
               "way there reads along: it speaks no TLS";
}

std::string clients_of(const wire::ListenTlsOptions& tls) {
  if (tls.client_names.empty()) return "every certificate of " + tls.client_ca_file;
  return text::joined(tls.client_names);
}

}  // namespace

Listeners::Listeners(wire::Server& server, log::Logger& logger, std::vector<GivenSocket> given)
    : server_(server), logger_(logger) {
  for (GivenSocket& one : given) place_of(one).push_back(std::move(one));
}

std::vector<GivenSocket>& Listeners::place_of(const GivenSocket& one) {
  if (one.name == kAdminSocket) return given_for_admin_;
  return one.name == kProbesSocket ? given_for_probes_ : given_;
}

Result<std::vector<std::string>> Listeners::open(const config::Options& options) {
  if (given_.empty()) {
    if (auto bound = bind(options); !bound) return tl::unexpected(bound.error());
  }
  for (GivenSocket& one : given_) {
    if (auto taken = take(one, options); !taken) return tl::unexpected(taken.error());
  }
  return std::move(addresses_);
}

Result<void> Listeners::bind(const config::Options& options) {
  for (const wire::ListenOptions& one : options.listen) {
    if (is_missing_here(one, options)) {
      logger_.warn("listener_skipped").str("address", one.address).str("reason", "no IPv6 here");
      continue;
    }
    auto address = server_.listen(one);
    if (!address) return tl::unexpected(address.error());
    add(std::move(*address), one, "");
  }
  return {};
}

Result<void> Listeners::take(GivenSocket& one, const config::Options& options) {
  auto socket = adopt(one);
  if (!socket) return tl::unexpected(socket.error());
  std::string address = socket->address();
  auto settings = settings_for(one.name, address, options);
  if (!settings) return tl::unexpected(settings.error());
  if (auto listening = server_.listen(*settings, std::move(*socket)); !listening)
    return tl::unexpected(listening.error());
  add(std::move(address), *settings, one.name);
  return {};
}

void Listeners::add(std::string address, const wire::ListenOptions& options,
                    std::string_view given) {
  {
    log::Line line = logger_.info("listening");
    line.str("address", address);
    if (!options.grant.empty()) line.str("grant", options.grant);
    if (options.tls.is_on()) line.str("tls", "true");
    if (options.tls.asks_for_certificates()) line.str("clients", clients_of(options.tls));
    if (!given.empty()) line.str("given", given);
  }
  if (options.allow_remote && !options.tls.asks_for_certificates())
    logger_.warn("listening_remotely").str("address", address).str("detail", exposure_of(options));
  if (options.tls.is_on()) tls_addresses_.push_back(address);
  addresses_.push_back(std::move(address));
}

Result<void> Listeners::take_for_admin(admin::Admin::Sockets& sockets) {
  auto admin = adopt_only(given_for_admin_);
  if (!admin) return tl::unexpected(admin.error());
  if (*admin && !is_loopback(**admin))
    return fail("the socket admin that was given (" + (*admin)->address() +
                ") can be reached from other machines: use 127.0.0.1, [::1] or a unix socket");
  auto probes = adopt_only(given_for_probes_);
  if (!probes) return tl::unexpected(probes.error());
  if (*admin) sockets.admin.emplace(std::move(**admin));
  if (*probes) sockets.probes.emplace(std::move(**probes));
  return {};
}

Result<std::string> Listeners::open_admin(admin::Admin& admin) {
  admin::Admin::Sockets sockets;
  if (auto taken = take_for_admin(sockets); !taken) return tl::unexpected(taken.error());
  auto bound = admin.start(std::move(sockets));
  if (!bound) return tl::unexpected(bound.error());
  if (!bound->admin.empty())
    logger_.info("admin_listening")
        .str("address", bound->admin)
        .str("detail", "postern status prints the address of the status page, with its token");
  if (!bound->probes.empty())
    logger_.info("probes_listening")
        .str("address", bound->probes)
        .str("detail", "whoever reaches it reads health and metrics, and changes nothing");
  return std::move(bound->admin);
}

}  // namespace postern::runtime
