#include "wire/server_connection.h"

#include <sys/socket.h>

#include <utility>

#include "wire/server.h"

namespace postern::wire {
namespace {

constexpr size_t kReadSize = 4 * 1024;       // least room for one recv(2)
constexpr size_t kTurn = 256 * 1024;         // bytes read before others get their turn
constexpr size_t kLingerBytes = 256 * 1024;  // read on for so much, or for so long
constexpr Duration kLingerTime = std::chrono::seconds(2);
constexpr Duration kLookTime = std::chrono::seconds(1);  // a request that takes longer is looked at

using Body = ServerRequest::Body;

bool is_listed(std::optional<uint32_t> uid, const std::vector<uint32_t>& allowed) {
  if (allowed.empty()) return true;
  for (uint32_t one : allowed)
    if (uid == one) return true;
  return false;
}

}  // namespace

void ServerRequest::clear() {
  handler.reset();
  parser.reset();
  head.clear();
  head_bytes.clear_and_release();
  body = Body::kUnread;
  untaken = {};
  refused = close_after = answer_begun = answer_ended = answer_cut = false;
}

ServerConnection::ServerConnection(Server& server, Socket socket, Listener& listener,
                                   const Address& peer)
    : event::Task(server.loop_),
      server_(server),
      listener_(listener),
      socket_(std::move(socket)),
      in_(server.blocks_),
      out_(server.blocks_),
      deadline_(server.loop_, [this] { on_deadline(); }) {
  bool is_unix = listener.address().starts_with("unix:");
  address_ = is_unix ? "unix" : peer.text();
  caller_ = {listener.address(), address_, listener.options().grant,
             std::nullopt,       true,     identity_of(listener.options())};
  if (is_unix) {
    caller_.uid = peer_uid(socket_.fd());
    caller_.uid_allowed = is_listed(caller_.uid, listener.options().uids);
  }
  waiting_since_ = server_.loop_.now();
  deadline_.set(waiting_since_ + server_.options_.idle_timeout);
  if (listener.tls() != nullptr) begin_handshake(*listener.tls());
  watch_.emplace(server_.loop_, socket_.fd(), static_cast<event::FdEvents&>(*this));
}

ServerConnection::~ServerConnection() = default;

void ServerConnection::on_ready(event::Readiness ready) noexcept {
  if (state_ == State::kClosed) return;
  if (ready.readable || ready.closed) {
    can_read_ = true;
    short_read_ = false;  // of an earlier time
    if (tls_) tls_->note_readable();
  }
  if (ready.readable && !ready.closed) look_ = true;
  if (ready.closed) peer_ended_ = true;
  if (ready.writable) can_write_ = true;
  schedule();
}

void ServerConnection::run() noexcept {
  read_in_turn_ = 0;
  flush();
  while (state_ != State::kClosed && step()) {
  }
  flush();
  if (state_ == State::kRequest && request_->answer_ended && out_.empty()) {
    // The usual end of an answer: everything went out in one piece just now.
    while (state_ != State::kClosed && step()) {
    }
    flush();
  }
  if (state_ != State::kClosed) update_deadline();
}

bool ServerConnection::step() {
  switch (state_) {
    case State::kHandshake:
      return shake_hands();
    case State::kHead:
      return read_head();
    case State::kRequest:
      return serve();
    case State::kLinger:
      return linger();
    case State::kClosed:
      return false;
  }
  return false;
}

// ---------------------------------------------------------------------------------------- heads

bool ServerConnection::read_head() {
  if (!request_) {
    if (!can_read_ && in_.empty()) return rest(), false;
    request_ = server_.take_request();
    request_->head_bytes.append(in_.data());
    in_.consume(in_.size());
  }
  Buffer& bytes = request_->head_bytes;
  if (!bytes.empty()) {
    http::ParseState parsed = request_->parser.parse(bytes.data(), request_->head);
    if (parsed == http::ParseState::kDone) return begin_request();
    if (parsed == http::ParseState::kError)
      return refuse(explained(request_->parser.error())), true;
  }
  if (!can_read_) {
    if (bytes.empty()) rest();
    return false;
  }
  switch (fill(bytes).status) {
    case IoStatus::kOk:
    case IoStatus::kWouldBlock:
      return true;
    case IoStatus::kEnd:
      if (!request_->parser.started(bytes.data())) return close(), false;
      return refuse({400, "the connection ended inside the request head"}), true;
    case IoStatus::kError:
      return close(), false;
  }
  return false;
}

// Between requests: hold nothing but the connection itself.
void ServerConnection::rest() {
  if (request_) server_.give_request(std::move(request_));
  in_.release();
  out_.release();
  if (tls_) tls_->free_buffers();
  if (served_) server_.on_rest();
}

bool ServerConnection::begin_request() {
  if (tls_ && !is_still_trusted()) return close(), false;
  state_ = State::kRequest;
  ServerRequest& request = *request_;
  in_.append(request.head_bytes.data().substr(request.parser.consumed()));
  request.decoder.start(request.head.framing);
  request.body = request.head.framing.has_body() ? Body::kUnread : Body::kDone;
  if (request.body == Body::kDone) stop_reading();
  request.handler = server_.service_.handle(request.head, caller_of_request(), *this);
  return true;
}

// The message is whole. If the last read came back short, the kernel has no more, which saves
// asking before the next request; an end behind the bytes has made peer_ended_ true already.
void ServerConnection::stop_reading() {
  if (std::exchange(short_read_, false) && !peer_ended_) can_read_ = false;
}

void ServerConnection::refuse(const http::ParseError& error) {
  state_ = State::kRequest;
  request_->refused = true;
  request_->body = Body::kBroken;
  request_->handler = server_.service_.refuse(error, caller_, *this);
}

// ------------------------------------------------------------------------------------- requests

bool ServerConnection::serve() {
  ServerRequest& request = *request_;
  if (send_failed_) return lose("client_closed"), false;
  if (request.answer_cut) {
    break_off();
    return close(), false;
  }
  if (request.answer_ended) return out_.empty() && finish_request();
  if (request.body == Body::kReading) return read_body();
  check_client();
  return false;
}

bool ServerConnection::read_body() {
  ServerRequest& request = *request_;
  if (!request.untaken.empty()) return hand_over(request.untaken, request.untaken_consumes);
  if (!in_.empty()) {
    http::BodyDecoder::Step step = request.decoder.decode(in_.data());
    if (step.state == http::BodyDecoder::State::kError)
      return break_body({request.decoder.is_too_large() ? 413 : 400, request.decoder.error()}),
             true;
    if (step.consumed > 0 || request.decoder.done()) return hand_over(step.data, step.consumed);
  }
  if (!can_read_) return false;
  switch (fill(in_).status) {
    case IoStatus::kOk:
      return true;
    case IoStatus::kWouldBlock:
      return false;
    case IoStatus::kEnd:
      return break_body({400, "the connection ended inside the request body"}), true;
    case IoStatus::kError:
      return lose("client_reset"), false;
  }
  return false;
}

// Gives decoded content to the handler. What it has no room for stays where it is, in the input.
bool ServerConnection::hand_over(std::string_view content, size_t consumed) {
  ServerRequest& request = *request_;
  request.untaken = {};
  size_t taken = content.empty() ? 0 : request.handler->on_request_body(content);
  if (taken < content.size()) {
    request.untaken = content.substr(taken);
    request.untaken_consumes = consumed;
    request.body = Body::kPaused;
    return false;
  }
  in_.consume(consumed);
  progress_ = true;
  if (request.decoder.done()) {
    request.body = Body::kDone;
    stop_reading();
    request.handler->on_request_end();
  }
  return true;
}

void ServerConnection::break_body(const http::ParseError& error) {
  request_->body = Body::kBroken;
  request_->handler->on_request_error(error);
}

bool ServerConnection::finish_request() {
  request_->handler.reset();
  served_ = true;
  if (keep_alive_ && !server_.draining()) {
    state_ = State::kHead;
    server_.give_request(std::move(request_));
    return true;
  }
  bool unread = request_->body != Body::kDone || !in_.empty();
  if (!unread || peer_ended_) return close(), false;
  begin_linger();
  server_.give_request(std::move(request_));
  return true;
}

// All is said. What still comes is thrown away, and so need not be deciphered.
void ServerConnection::begin_linger() {
  if (tls_) can_read_ = true;
  tls_.reset();  // says close_notify
  ::shutdown(socket_.fd(), SHUT_WR);
  state_ = State::kLinger;
  in_.consume(in_.size());
}

// Nothing is to be read, yet the socket has news: is the client still there? (half-close: DESIGN
// calls a FIN before the answer "gone" unless configured otherwise; a reset always is.)
void ServerConnection::check_client() {
  bool patient = server_.options_.half_close == HalfClose::kServe || request_->answer_begun;
  if (peer_ended_ && !patient) return lose("client_closed");
  if (!std::exchange(look_, false) || peer_ended_) return;
  if (look(socket_.fd()) == Quiet::kEnded) lose("client_reset");
}

void ServerConnection::lose(std::string_view reason) {
  if (request_ && request_->handler) {
    request_->handler->on_gone(reason);
    request_->handler.reset();
  }
  close();
}

bool ServerConnection::linger() {
  if (!can_read_) return false;
  IoResult result = fill(in_);
  lingered_ += result.size;
  in_.consume(in_.size());
  if (result.status == IoStatus::kOk && lingered_ < kLingerBytes) return true;
  if (result.status == IoStatus::kWouldBlock) return false;
  return close(), false;
}

void ServerConnection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  cancel();
  deadline_.clear();
  watch_.reset();
  handshake_.reset();
  tls_.reset();
  socket_.close();
  server_.remove(*this);
}

// ---------------------------------------------------------------------------------- bytes, time

IoResult ServerConnection::fill(Buffer& buffer) {
  if (read_in_turn_ >= kTurn) {
    // Others first; the next turn goes on here.
    can_read_ = false;
    watch_->wake();
    return {IoStatus::kWouldBlock, 0};
  }
  std::span<char> room = buffer.prepare(kReadSize);
  IoResult result = tls_ ? decipher(room) : receive(socket_.fd(), room);
  if (result.status == IoStatus::kOk) {
    buffer.commit(result.size);
    read_in_turn_ += result.size;
    progress_ = true;
    short_read_ = tls_ ? !tls_->may_have_more() : result.size < room.size();
  } else if (result.status == IoStatus::kWouldBlock) {
    can_read_ = short_read_ = false;
  } else {
    peer_ended_ = true;
  }
  look_ = false;
  return result;
}

void ServerConnection::update_deadline() {
  Wait wait = Wait::kNothing;
  const ServerOptions& options = server_.options_;
  Duration patience = kLookTime;
  if (!out_.empty()) {
    wait = Wait::kWrite;
    patience = options.write_timeout;
  } else if (state_ == State::kHandshake) {
    wait = Wait::kHandshake;
    patience = options.head_timeout;
  } else if (state_ == State::kHead) {
    wait = is_idle() ? Wait::kIdle : Wait::kHead;
    patience = is_idle() ? options.idle_timeout : options.head_timeout;
  } else if (state_ == State::kLinger) {
    wait = Wait::kLinger;
    patience = kLingerTime;
  } else if (request_->body == Body::kReading) {
    wait = Wait::kBody;
    patience = options.body_timeout;
  }
  // Handshakes, heads and lingering are timed as a whole, the rest from the last byte that moved.
  bool whole = wait == Wait::kHandshake || wait == Wait::kHead || wait == Wait::kLinger;
  bool restart = wait != wait_ || (std::exchange(progress_, false) && !whole);
  if (!restart) return;
  wait_ = wait;
  waiting_since_ = server_.loop_.now();
  deadline_.set(waiting_since_ + patience);
}

void ServerConnection::on_deadline() {
  switch (wait_) {
    case Wait::kNothing:
      // A reset that came together with the request has made no event of its own, and the reading
      // stopped before it. Once is enough: one that comes later is told.
      look_ = true;
      break;
    case Wait::kHandshake:
      if (tls_ && tls_->has_heard())
        server_.on_handshake_failed(listener_, address_, "it was not done in time");
      return close();
    case Wait::kIdle:
    case Wait::kLinger:
      return close();
    case Wait::kWrite:
      break_off();
      return lose("client_too_slow");
    case Wait::kHead:
      if (!request_->parser.started(request_->head_bytes.data())) return close();
      refuse({408, "the request head did not arrive in time"});
      break;
    case Wait::kBody:
      break_body({408, "the request body did not arrive in time"});
      break;
  }
  schedule();
}

}  // namespace postern::wire
