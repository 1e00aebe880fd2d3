// The part of ServerConnection that finds out who is calling: the handshake of TLS, the name in a
// certificate, the word of a trusted proxy.
#include <utility>

#include "wire/forwarded_for.h"
#include "wire/handshake_failures.h"
#include "wire/server.h"
#include "wire/server_connection.h"
#include "wire/tls_names.h"

namespace postern::wire {
namespace {

constexpr std::string_view kHandshakeBegin = "\x16\x03";  // no request begins so

}  // namespace

// ---------------------------------------------------------------------------------- the handshake

void ServerConnection::begin_handshake(const TlsServer& tls) {
  state_ = State::kHandshake;
  wait_ = Wait::kHandshake;
  handshake_.emplace(server_.handshakes_, *this);
  caller_.is_secure = true;
  tls_ = tls.accept(socket_.fd());
  tls_number_ = listener_.tls_number();
  deadline_.set(waiting_since_ + server_.options_.head_timeout);
}

bool ServerConnection::shake_hands() {
  if (!tls_) return close(), false;  // there was no memory for it
  IoResult result;
  do result = tls_->handshake();
  while (result.status == IoStatus::kWouldBlock && peer_ended_ && tls_->recheck());
  if (result.status == IoStatus::kWouldBlock) return false;
  handshake_.reset();
  const bool is_done = result.status == IoStatus::kOk && !tls_->has_peer_expired();
  if (!is_done) return refuse_handshake(), true;
  ++(tls_->is_resumed() ? listener_.handshakes().resumed : listener_.handshakes().full);
  know_caller();
  can_read_ = peer_ended_ || tls_->may_have_more();
  state_ = State::kHead;
  return true;
}

void ServerConnection::give_way() {
  server_.on_handshake_failed(listener_, address_,
                              "server.max_handshakes were under way, and others came");
  close();
}

// Whoever says nothing at all only looks whether the port is open.
void ServerConnection::refuse_handshake() {
  if (!tls_->has_heard()) return close();
  const bool is_error = !tls_->error().empty();
  const std::string reason = is_error
                                 ? handshake_words(tls_->error(), tls_->is_authority_at_fault())
                                 : "the caller's certificate has expired";
  server_.on_handshake_failed(listener_, address_,
                              tls_->is_spoken() ? reason : "the caller does not speak TLS");
  if (tls_->is_spoken()) return begin_linger();
  tls_->abandon();
  tls_.reset();
  caller_.is_secure = false;
  request_ = server_.take_request();
  refuse({400, "this address speaks TLS: call it by https://"});
}

// TLS at an address without it is more often a wrong URL than an attack.
http::ParseError ServerConnection::explained(const http::ParseError& error) const {
  const bool is_tls = !tls_ && request_->head_bytes.data().starts_with(kHandshakeBegin);
  return is_tls ? http::ParseError{400, "this address speaks no TLS: call it by http://"} : error;
}

// --------------------------------------------------------------------------------------- the name

void ServerConnection::know_caller() {
  const ListenTlsOptions& options = listener_.options().tls;
  if (!options.asks_for_certificates()) return;
  CallerIdentity identity = identity_among(tls_->peer_names(), options.client_names);
  name_ = std::move(identity.name);
  caller_.name = name_;
  caller_.name_allowed = identity.is_allowed;
}

// A connection may be kept for days. Meanwhile its caller's certificate may expire, and other files
// may take away the authority that has let it in.
bool ServerConnection::is_still_trusted() {
  if (!listener_.options().tls.asks_for_certificates()) return true;
  const uint32_t before = std::exchange(tls_number_, listener_.tls_number());
  const bool has_expired = tls_->has_peer_expired();
  if (!has_expired && (before == tls_number_ || listener_.tls()->trusts(*tls_))) return true;
  server_.on_handshake_failed(
      listener_, address_,
      has_expired ? "the caller's certificate has expired" : "its authority is trusted no more");
  return false;
}

const http::Caller& ServerConnection::caller_of_request() {
  if (!server_.trusts(address_)) return caller_;
  const http::Fields& fields = request_->head.fields;
  http::Caller& caller = request_->caller = caller_;
  caller.is_behind_proxy = true;
  caller.is_secure = caller.is_secure || is_forwarded_over_tls(fields);
  if (const auto address = forwarded_caller(fields, server_.trusted_)) {
    request_->caller_address = address->text();
    caller.address = request_->caller_address;
  }
  return caller;
}

// ---------------------------------------------------------------------------------------- the end

IoResult ServerConnection::decipher(std::span<char> room) {
  IoResult result;
  do result = tls_->read(room);
  while (result.status == IoStatus::kWouldBlock && peer_ended_ && tls_->recheck());
  return result;
}

// The client must not take what it has for the whole.
void ServerConnection::break_off() {
  if (tls_) tls_->abandon();
  reset_on_close(socket_.fd());
}

}  // namespace postern::wire
