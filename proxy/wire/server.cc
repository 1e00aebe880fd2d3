#include "wire/server.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "wire/server_connection.h"

namespace postern::wire {
namespace {

constexpr Duration kAcceptRetry = std::chrono::milliseconds(100);
// A connection may take so long to bring its first request before it can be sent away.
constexpr Duration kNewcomer = std::chrono::seconds(1);
// Whoever asks again sooner than this after an answer asks in a row.
constexpr Duration kInARow = std::chrono::milliseconds(250);
constexpr Duration kExhaustedSilence = std::chrono::seconds(10);  // between two warnings
constexpr size_t kSpareRequests = 64;

// What is no network has been refused with the configuration.
std::vector<IpNetwork> networks_of(const std::vector<std::string>& texts) {
  std::vector<IpNetwork> networks;
  for (const std::string& text : texts)
    if (auto network = IpNetwork::parse(text)) networks.push_back(*network);
  return networks;
}

}  // namespace

Server::Server(event::Loop& loop, const ServerOptions& options, http::Service& service,
               log::Logger& logger)
    : loop_(loop),
      options_(options),
      service_(service),
      logger_(logger),
      retry_accept_(loop, [this] { retry_accept(); }),
      end_of_newcomers_(loop, [this] { close_idle(); }),
      handshake_failures_(logger),
      tell_handshakes_(loop, [this] { tell_handshakes(); }),
      trusted_(networks_of(options.trusted_proxies)) {}

Server::~Server() {
  // Without their handlers being told: whoever destroys the server has no use for an answer.
  for (auto& connection : connections_) connection.reset();
}

Result<std::string> Server::listen(const ListenOptions& options) {
  auto socket = ListeningSocket::open(options);
  if (!socket) return tl::unexpected(socket.error());
  return listen(options, std::move(*socket));
}

Result<std::string> Server::listen(const ListenOptions& options, ListeningSocket socket) {
  std::shared_ptr<const TlsServer> tls;
  if (options.tls.is_on()) {
    auto made = TlsServer::make(options.tls);
    if (!made) return fail("TLS of " + options.address + ": " + made.error().what);
    tls = std::move(*made);
  }
  Acceptor& acceptor = *this;
  listeners_.push_back(
      std::make_unique<Listener>(loop_, options, acceptor, std::move(socket), std::move(tls)));
  return listeners_.back()->address();
}

std::vector<CertificateInUse> Server::certificates() const {
  std::vector<CertificateInUse> all;
  for (const auto& listener : listeners_) {
    if (listener->tls() != nullptr)
      all.push_back(
          {listener->address(), listener->options().tls, listener->tls(), listener->handshakes()});
  }
  return all;
}

void Server::use(const std::string& address, std::shared_ptr<const TlsServer> tls) {
  for (auto& listener : listeners_)
    if (listener->address() == address) listener->use(tls);
}

void Server::set_options(const ServerOptions& options) {
  const http::HeadLimits limits = options_.limits;  // requests are made with them, and used again
  options_ = options;
  options_.limits = limits;
  trusted_ = networks_of(options.trusted_proxies);
  if (full_ && connections_.size() < options_.max_connections) accept_again();
}

void Server::on_accept(Listener& listener, Socket socket, const Address& peer) {
  // Whoever waits between two requests makes room for who comes with one.
  if (connections_.size() >= options_.max_connections) close_longest_idle();
  if (listener.tls() != nullptr) make_room_for_handshake();
  auto connection = std::make_unique<ServerConnection>(*this, std::move(socket), listener, peer);
  connection->index = connections_.size();
  connections_.push_back(std::move(connection));
  if (connections_.size() < options_.max_connections || full_ || longest_idle()) return;
  full_ = true;
  pause_listeners(true);
  retry_accept_.set_after(kNewcomer);
  logger_.warn("connections_full").num("max_connections", options_.max_connections);
}

// The oldest one ends: who means it is through in a moment, and who does not is not waited for.
void Server::make_room_for_handshake() {
  while (handshakes_.size() >= options_.max_handshakes) handshakes_.oldest().give_way();
}

void Server::on_exhausted(Listener& listener) {
  Instant now = loop_.now();
  if (now >= say_exhausted_) {
    say_exhausted_ = now + kExhaustedSilence;
    logger_.warn("accept_failed")
        .str("listener", listener.address())
        .str("reason", std::strerror(errno))
        .num("open", static_cast<int64_t>(connections_.size()));
  }
  close_longest_idle();
  retry_accept_.set_after(kAcceptRetry);
}

void Server::on_handshake_failed(Listener& listener, const std::string& peer,
                                 const std::string& reason) {
  ++listener.handshakes().failed;
  handshake_failures_.add({listener.address(), peer, reason}, loop_.now());
  if (!tell_handshakes_.is_set()) tell_handshakes();
}

void Server::tell_handshakes() {
  handshake_failures_.tell_due(loop_.now());
  if (const auto next = handshake_failures_.next()) tell_handshakes_.set(*next);
}

bool Server::trusts(std::string_view peer) const {
  if (trusted_.empty()) return false;
  const auto address = parse_ip_and_port(peer);
  return address && is_in(trusted_, *address);
}

bool Server::is_newcomer(const ServerConnection& connection) const {
  return !connection.has_served() && connection.waiting_since() > loop_.now() - kNewcomer;
}

// Null: all are at work, or too new to be called idle.
ServerConnection* Server::longest_idle() {
  ServerConnection* longest = nullptr;
  for (auto& connection : connections_) {
    if (!connection->is_idle() || is_newcomer(*connection)) continue;
    if (longest == nullptr || connection->waiting_since() < longest->waiting_since())
      longest = connection.get();
  }
  return longest;
}

void Server::close_longest_idle() {
  if (ServerConnection* longest = longest_idle()) longest->close();
}

// Accepting was paused for want of descriptors, or because nobody could be sent away.
void Server::retry_accept() {
  if (draining_) return;
  if (full_ && longest_idle() == nullptr) return retry_accept_.set_after(kNewcomer);
  accept_again();
}

void Server::accept_again() {
  full_ = false;
  if (!draining_) pause_listeners(false);
}

void Server::on_rest() {
  if (full_) accept_again();
}

void Server::pause_listeners(bool paused) {
  for (auto& listener : listeners_) paused ? listener->pause() : listener->resume();
}

std::unique_ptr<ServerRequest> Server::take_request() {
  if (spare_requests_.empty()) return std::make_unique<ServerRequest>(options_.limits, blocks_);
  auto request = std::move(spare_requests_.back());
  spare_requests_.pop_back();
  return request;
}

void Server::give_request(std::unique_ptr<ServerRequest> request) {
  request->clear();
  if (spare_requests_.size() < kSpareRequests) spare_requests_.push_back(std::move(request));
}

void Server::remove(ServerConnection& connection) {
  size_t index = connection.index;
  std::unique_ptr<ServerConnection> removed = std::move(connections_[index]);
  if (index + 1 < connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->index = index;
  }
  connections_.pop_back();
  loop_.dispose(std::move(removed));
  if (full_ && connections_.size() < options_.max_connections) accept_again();
  if (draining_ && connections_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void Server::drain(std::function<void()> done) {
  draining_ = true;
  for (auto& listener : listeners_) listener->close();
  drained_ = std::move(done);
  close_idle();
  if (!connections_.empty()) end_of_newcomers_.set_after(kNewcomer);
  if (connections_.empty() && drained_) std::exchange(drained_, nullptr)();
}

// Whose request may be on its way: a caller that has just been accepted could not know, and one
// that asks in a row sends its next request at this very moment.
bool Server::may_be_asking(const ServerConnection& connection) const {
  return is_newcomer(connection) || connection.has_bytes_waiting() ||
         connection.waiting_since() > loop_.now() - kInARow;
}

void Server::close_idle() {
  for (size_t i = connections_.size(); i-- > 0;) {
    if (i >= connections_.size() || !connections_[i]->is_idle()) continue;
    if (!may_be_asking(*connections_[i])) connections_[i]->close();
  }
}

}  // namespace postern::wire
