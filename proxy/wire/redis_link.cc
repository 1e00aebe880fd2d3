#include "wire/redis_link.h"

#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "redis/client.h"

namespace postern::wire {
namespace {

using redis::Command;
using redis::Reply;

constexpr size_t kMaxSecret = 4096;
constexpr size_t kTurn = 64 * 1024;            // bytes read before others get their turn
constexpr std::string_view kName = "postern";  // as CLIENT LIST shows us

}  // namespace

Result<Secret> read_secret(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxSecret, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  const bool is_read = file.is_open() && !file.bad();
  text.resize(is_read ? static_cast<size_t>(file.gcount()) : 0);
  Secret all(std::move(text));
  if (!is_read) return fail("cannot read " + path + ": " + std::strerror(errno));
  const std::string_view line = all.reveal().substr(0, all.reveal().find_first_of("\r\n"));
  if (line.empty()) return fail(path + " holds no password in its first line");
  return Secret(std::string(line));
}

RedisLink::RedisLink(RedisSetup& setup, const redis::Address& address, Peer peer,
                     RedisLinkEvents& events)
    : event::Task(setup.loop),
      setup_(setup),
      address_(address),
      peer_(peer),
      events_(events),
      out_(setup.blocks),
      due_(setup.loop.now() + setup.options.connect_timeout),
      timeout_(setup.loop, [this] { lose("it took the connection and says nothing"); }) {}

void RedisLink::start() {
  if (auto done = connect(); !done) {
    fault_ = done.error().what;
    schedule();
  }
}

Result<void> RedisLink::connect() {
  if (address_.is_unix()) return connect_unix();
  if (address_.tls) {
    auto context = setup_.tls.context();
    if (!context) return fail(context.error().what);
    tls_context_ = std::move(*context);
  }
  destination_.where = {address_.host, address_.port};
  destination_.timeout = setup_.options.connect_timeout;
  ConnectorEvents& events = *this;
  connector_ = std::make_unique<Connector>(setup_.loop, setup_.resolver, tls_context_.get(),
                                           destination_, events);
  connector_->start();
  return {};
}

Result<void> RedisLink::connect_unix() {
  const auto address = parse_listen_address("unix:" + address_.path);
  if (!address) return fail(address.error().what);
  socket_ = Socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_ || ::connect(socket_.fd(), address->get(), address->length) != 0)
    return fail(unix_connect_words(errno, peer()));
  greet();
  return {};
}

void RedisLink::on_connected(Connector&, Socket socket, std::unique_ptr<TlsStream> tls) {
  setup_.loop.dispose(std::move(connector_));
  socket_ = std::move(socket);
  tls_ = std::move(tls);
  greet();
}

void RedisLink::on_connect_failed(Connector&, const http::Failure& failure) {
  setup_.loop.dispose(std::move(connector_));
  lose(connect_words(failure, peer()));
}

// ------------------------------------------------------------------------------------- greeting

void RedisLink::greet() {
  state_ = State::kGreeting;
  timeout_.set(due_);  // until here the connector watches the time
  watch_.emplace(setup_.loop, socket_.fd(), static_cast<event::FdEvents&>(*this));
  const auto secret = password();
  if (!secret) {
    fault_ = secret.error().what;
    return schedule();
  }
  const std::string& user = setup_.topology.user;
  if (!secret->empty() && (user.empty() || peer_ == Peer::kSentinel))
    ask(Step::kPassword, Command{"AUTH", secret->reveal()});
  else if (!secret->empty())
    ask(Step::kPassword, Command{"AUTH", user, secret->reveal()});
  if (setup_.topology.database != 0 && peer_ != Peer::kSentinel)
    ask(Step::kDatabase, Command{"SELECT", std::to_string(setup_.topology.database)});
  ask(Step::kName, Command{"CLIENT", "SETNAME", kName});
  if (peer_ == Peer::kMaster) ask(Step::kRole, Command{"ROLE"});
}

// Empty: none is needed.
Result<Secret> RedisLink::password() const {
  const redis::Options& options = setup_.options;
  const bool is_sentinel = peer_ == Peer::kSentinel;
  const std::string& file = is_sentinel ? options.sentinel_password_file : options.password_file;
  if (!file.empty()) return read_secret(file);
  return is_sentinel ? Secret() : options.password;
}

void RedisLink::ask(Step step, const Command& command) {
  steps_.push_back(step);
  out_.append(command.bytes());
  schedule();
}

void RedisLink::hear(const Reply& reply) {
  // Redis may refuse a connection before anything was asked; that is the answer to the first step.
  const std::string fault = fault_of(steps_.front(), reply);
  if (!fault.empty()) return lose(fault);
  steps_.pop_front();
  if (!steps_.empty()) return;
  state_ = State::kReady;
  setup_.worked.insert(address_.text());
  timeout_.clear();
  events_.on_link_ready(*this);
}

// Why the link cannot be used; empty: it can.
std::string RedisLink::fault_of(Step step, const Reply& reply) const {
  const std::string_view code = reply.error_code();
  const bool is_forbidden = code == "NOPERM" || reply.text.starts_with("ERR unknown");
  if (step == Step::kPassword) return reply.is_error() ? password_fault(reply) : std::string();
  if (step == Step::kRole && !reply.is_error()) {
    const bool is_master = !reply.elements.empty() && reply.elements[0].text == "master";
    return is_master ? "" : "it is a replica by now; Sentinel will name the new master";
  }
  // Our name is for people only, and not every ACL allows to ask for the role.
  if (!reply.is_error() || (is_forbidden && step != Step::kDatabase)) return {};
  if (auto refusal = redis::refusal_of(reply, "it", asker())) return refusal->what;
  if (step == Step::kDatabase)
    return "it has no database " + std::to_string(setup_.topology.database) +
           " (it said: " + reply.shown() + ")";
  return "it said: " + reply.shown();
}

std::string RedisLink::password_fault(const Reply& reply) const {
  const redis::Options& options = setup_.options;
  if (peer_ == Peer::kSentinel)
    return password_words(reply, {options.sentinel_password_file, "", ""});
  return password_words(reply,
                        {options.password_file, "store.redis.password", setup_.topology.user});
}

RedisPeer RedisLink::peer() const {
  return {setting_of(address_, setup_.options, setup_.topology.addresses),
          setup_.worked.count(address_.text()) != 0};
}

redis::Asker RedisLink::asker() const {
  const std::string& prefix = setup_.options.prefix;
  if (peer_ == Peer::kSentinel) return {"", prefix, "store.redis.sentinel_password_file"};
  return {setup_.topology.user, prefix};
}

// ------------------------------------------------------------------------------ sending, receiving

void RedisLink::write(std::string_view bytes) {
  assert(is_ready());
  out_.append(bytes);
  schedule();
}

void RedisLink::on_ready(event::Readiness ready) noexcept {
  if (ready.readable || ready.closed) {
    if (tls_) tls_->note_readable();
    want_receive_ = true;
  }
  schedule();
}

void RedisLink::run() noexcept {
  if (fault_) return lose(*fault_);
  if (!socket_ || state_ == State::kLost) return;
  flush();
  if (std::exchange(want_receive_, false)) receive_replies();
}

void RedisLink::flush() {
  while (!out_.empty()) {
    const IoResult result = tls_ ? tls_->write(out_.data()) : transmit(socket_.fd(), out_.data());
    if (result.status == IoStatus::kWouldBlock) return;
    if (result.status != IoStatus::kOk) {
      want_receive_ = true;  // what it said before it closed tells more
      out_.clear_and_release();
      return;
    }
    out_.consume(result.size);
  }
  out_.release();
}

void RedisLink::receive_replies() {
  std::array<char, 16 * 1024> chunk;
  for (size_t read_in_turn = 0; read_in_turn < kTurn;) {
    const IoResult result = tls_ ? tls_->read(chunk) : receive(socket_.fd(), chunk);
    if (result.status == IoStatus::kWouldBlock) {
      if (tls_ && tls_->recheck()) continue;
      return;
    }
    if (result.status != IoStatus::kOk) return ended(result.status);
    read_in_turn += result.size;
    parser_.feed({chunk.data(), result.size});
    if (!hand_on_replies()) return;
  }
  watch_->wake();
}

// False: the link is lost.
bool RedisLink::hand_on_replies() {
  while (state_ != State::kLost) {
    auto reply = parser_.next();
    if (!reply) {
      lose(reply.error().what + ": is this the right port?");
      return false;
    }
    if (!*reply) return true;
    if (state_ == State::kGreeting)
      hear(**reply);
    else
      events_.on_link_reply(*this, std::move(**reply));
  }
  return false;
}

void RedisLink::ended(IoStatus status) {
  std::string why = "it closed the connection";
  if (status == IoStatus::kError) why += ": " + (tls_ ? tls_->error() : std::strerror(errno));
  if (state_ == State::kGreeting) why += silent_end_words(address_, peer());
  lose(why);
}

void RedisLink::notice_end() {
  if (state_ != State::kReady || look(socket_.fd()) == Quiet::kQuiet) return;
  if (tls_) tls_->note_readable();
  receive_replies();
}

void RedisLink::lose(const std::string& why) {
  if (state_ == State::kLost) return;
  close();
  events_.on_link_lost(*this, why);
}

void RedisLink::close() {
  state_ = State::kLost;
  cancel();
  timeout_.clear();
  if (connector_) setup_.loop.dispose(std::move(connector_));
  watch_.reset();
  tls_.reset();
  socket_.close();
  out_.clear_and_release();
}

}  // namespace postern::wire
