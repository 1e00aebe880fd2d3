#include "wire/connector.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "http/parser.h"

namespace postern::wire {
namespace {

constexpr Duration kNextAttempt = std::chrono::milliseconds(250);
constexpr size_t kMaxProxyAnswer = 16 * 1024;

}  // namespace

// -------------------------------------------------------------------------------------- Attempt

Connector::Attempt::Attempt(Connector& owner, const Address& address)
    : owner_(owner),
      address_(address),
      socket_(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  if (!socket_) {
    error_ = errno;
    return;
  }
  int on = 1;
  ::setsockopt(socket_.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (::connect(socket_.fd(), address.get(), address.length) != 0 && errno != EINPROGRESS) {
    error_ = errno;
    return;
  }
  watch_.emplace(owner.loop_, socket_.fd(), static_cast<event::FdEvents&>(*this));
}

void Connector::Attempt::on_ready(event::Readiness ready) noexcept {
  if (!ready.writable && !ready.closed && !ready.readable) return;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error == 0 && !ready.writable) return;
  owner_.on_attempt_ready(*this, error);
}

Socket Connector::Attempt::take_socket() {
  watch_.reset();
  return std::move(socket_);
}

// ------------------------------------------------------------------------------------ Connector

Connector::Connector(event::Loop& loop, Resolver& resolver, TlsContext* tls,
                     const Destination& destination, ConnectorEvents& events)
    : event::Task(loop),
      loop_(loop),
      resolver_(resolver),
      tls_context_(tls),
      destination_(destination),
      events_(events),
      timeout_(loop, [this] { fail(http::FailKind::kTimeout, "connecting took too long"); }),
      next_attempt_(loop, [this] { try_next(); }) {}

void Connector::start() {
  timeout_.set_after(destination_.timeout);
  const HostPort& first = destination_.proxy ? destination_.proxy->where : destination_.where;
  question_ = resolver_.resolve(first.host, first.port,
                                [this](const Resolver::Answer& answer) { on_resolved(answer); });
}

void Connector::on_resolved(const Resolver::Answer& answer) {
  if (!answer) return fail(http::FailKind::kUnreachable, answer.error().what);
  addresses_ = *answer;
  stage_ = Stage::kConnect;
  try_next();
}

void Connector::try_next() {
  while (next_ < addresses_.size()) {
    const Address& address = addresses_[next_++];
    auto attempt = std::make_unique<Attempt>(*this, address);
    if (attempt->error() == 0) {
      attempts_.push_back(std::move(attempt));
      if (next_ < addresses_.size()) next_attempt_.set_after(kNextAttempt);
      return;
    }
    last_error_ = address.text() + ": " + std::strerror(attempt->error());
  }
  if (attempts_.empty())
    fail(http::FailKind::kUnreachable,
         "cannot connect to " +
             (destination_.proxy ? "the egress proxy " + destination_.proxy->where.host
                                 : destination_.where.host) +
             ", " + last_error_);
}

void Connector::on_attempt_ready(Attempt& attempt, int error) {
  if (stage_ != Stage::kConnect) return;
  if (error == 0) return adopt(attempt);
  last_error_ = attempt.address().text() + ": " + std::strerror(error);
  std::erase_if(attempts_, [&](const auto& one) { return one.get() == &attempt; });
  next_attempt_.clear();
  try_next();
}

void Connector::adopt(Attempt& attempt) {
  next_attempt_.clear();
  peer_ = attempt.address().text();
  socket_ = attempt.take_socket();
  attempts_.clear();
  watch_.emplace(loop_, socket_.fd(), static_cast<event::FdEvents&>(*this));
  if (!destination_.proxy) return begin_tls();
  stage_ = Stage::kProxyAsk;
  proxy_request_ = connect_request(*destination_.proxy, destination_.where);
  ask_proxy();
}

void Connector::on_ready(event::Readiness ready) noexcept {
  if (tls_ && (ready.readable || ready.closed)) tls_->note_readable();
  switch (stage_) {
    case Stage::kProxyAsk:
      return ask_proxy();
    case Stage::kProxyAnswer:
      return read_proxy_answer();
    case Stage::kTls:
      return shake_hands();
    default:
      return;
  }
}

void Connector::ask_proxy() {
  IoResult result = transmit(socket_.fd(), proxy_request_.reveal().substr(proxy_sent_));
  if (result.status == IoStatus::kError)
    return fail(http::FailKind::kUnreachable, "the egress proxy closed the connection");
  proxy_sent_ += result.size;
  if (proxy_sent_ == proxy_request_.reveal().size()) stage_ = Stage::kProxyAnswer;
}

// The far side speaks TLS, where the client begins: nothing may follow the head of a good answer.
void Connector::read_proxy_answer() {
  std::array<char, 4096> chunk;
  while (true) {
    IoResult result = receive(socket_.fd(), chunk);
    if (result.status == IoStatus::kWouldBlock) return;
    if (result.status != IoStatus::kOk)
      return fail(http::FailKind::kUnreachable, "the egress proxy closed the connection");
    proxy_answer_.append(chunk.data(), result.size);
    http::ResponseParser parser({});
    http::ResponseHead head;
    http::ParseState state = parser.parse(proxy_answer_, true, head);
    if (state == http::ParseState::kNeedMore && proxy_answer_.size() < kMaxProxyAnswer) continue;
    if (state != http::ParseState::kDone)
      return fail(http::FailKind::kUnreachable, "the egress proxy's answer cannot be understood");
    if (head.status < 200 || head.status > 299)
      return fail(http::FailKind::kUnreachable,
                  "the egress proxy answered CONNECT with " + std::to_string(head.status));
    if (parser.consumed() != proxy_answer_.size())
      return fail(http::FailKind::kUnreachable, "the egress proxy sent more than its answer");
    return begin_tls();
  }
}

void Connector::begin_tls() {
  if (tls_context_ == nullptr) return hand_over();
  stage_ = Stage::kTls;
  tls_ = tls_context_->connect(socket_.fd(), destination_.where.host);
  if (!tls_) return fail(http::FailKind::kTls, "out of memory");
  shake_hands();
}

void Connector::shake_hands() {
  IoResult result;
  do result = tls_->handshake();
  while (result.status == IoStatus::kWouldBlock && tls_->recheck());
  if (result.status == IoStatus::kWouldBlock) return;
  if (result.status != IoStatus::kOk)
    return fail(http::FailKind::kTls, "TLS handshake with " + destination_.where.host + " (" +
                                          peer_ + ") failed: " + tls_->error());
  hand_over();
}

void Connector::hand_over() {
  stage_ = Stage::kOver;
  timeout_.clear();
  watch_.reset();
  events_.on_connected(*this, std::move(socket_), std::move(tls_));
}

std::string_view Connector::stage_name() const {
  switch (stage_) {
    case Stage::kResolve:
      return "resolve";
    case Stage::kConnect:
      return "connect";
    case Stage::kProxyAsk:
    case Stage::kProxyAnswer:
      return "proxy";
    case Stage::kTls:
    case Stage::kOver:
      break;
  }
  return "tls";
}

void Connector::fail(http::FailKind kind, std::string detail) {
  if (failure_) return;
  failure_.emplace();
  failure_->kind = kind;
  failure_->stage = stage_name();
  failure_->detail = std::move(detail);
  if (kind == http::FailKind::kTimeout && !last_error_.empty())
    failure_->detail += " (" + last_error_ + ")";
  stage_ = Stage::kOver;
  timeout_.clear();
  next_attempt_.clear();
  schedule();
}

void Connector::run() noexcept {
  events_.on_connect_failed(*this, *failure_);
}

}  // namespace postern::wire
