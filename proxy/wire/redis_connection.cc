#include "wire/redis_connection.h"

#include <utility>

#include "base/text.h"

namespace postern::wire {
namespace {

using redis::Answer;
using redis::Failure;
using redis::Fate;

constexpr size_t kMaxCalls = 4096;

}  // namespace

RedisConnection::RedisConnection(RedisSetup& setup, const redis::Address& address,
                                 RedisLink::Peer peer)
    : event::Task(setup.loop),
      setup_(setup),
      address_(address),
      peer_(peer),
      random_(std::random_device()()),
      reply_due_(setup.loop, [this] { on_timeout(); }) {}

RedisConnection::~RedisConnection() = default;

void RedisConnection::send(redis::Command command, Callback callback) {
  if (sent_.size() + waiting_.size() >= kMaxCalls)
    return refuse(std::move(callback), address_.text() + " is behind with its replies",
                  Fate::kNotExecuted);
  // The server may have closed what lay idle, and nobody has turned the loop since.
  if (link_ && sent_.empty()) link_->notice_end();
  if (!link_ && setup_.loop.now() < rests_until_)
    return refuse(std::move(callback), resting_text(), Fate::kNotExecuted);
  if (!link_) connect();
  Call call{std::move(command), std::move(callback)};
  if (link_->is_ready() && !is_spoilt_) return transmit(std::move(call));
  waiting_.push_back(std::move(call));
}

void RedisConnection::connect() {
  RedisLinkEvents& events = *this;
  link_ = std::make_unique<RedisLink>(setup_, address_, peer_, events);
  has_carried_ = is_spoilt_ = false;
  link_->start();
}

void RedisConnection::transmit(Call call) {
  if (call.command.needs_same_connection() && !has_carried_)
    return refuse(std::move(call.callback),
                  "the connection to " + address_.text() +
                      " was lost behind the write, so nobody knows which replicas have it",
                  Fate::kNotExecuted);
  has_carried_ = true;
  link_->write(call.command.bytes());
  sent_.push_back({std::move(call.callback), setup_.loop.now() + setup_.options.timeout,
                   call.command.script()});
  if (!reply_due_.is_set()) reply_due_.set(sent_.front().due);
}

void RedisConnection::on_link_ready(RedisLink&) {
  failures_ = 0;
  std::deque<Call> calls = std::exchange(waiting_, {});
  for (Call& call : calls) transmit(std::move(call));
}

void RedisConnection::on_link_reply(RedisLink&, redis::Reply reply) {
  if (sent_.empty()) return drop_link("it said something that nobody had asked");
  const Sent asked = std::move(sent_.front());
  sent_.pop_front();
  sent_.empty() ? reply_due_.clear() : reply_due_.set(sent_.front().due);
  redis::Asker asker = link_->asker();
  asker.script = asked.script;
  auto refusal = redis::refusal_of(reply, address_.text(), asker);
  if (refusal) {
    const std::string_view code = reply.error_code();
    is_spoilt_ |= code == "READONLY" || code == "NOAUTH" || code == "MASTERDOWN";
    why_ = refusal->what;
  }
  if (is_spoilt_ && sent_.empty()) {
    discard_link();
    if (!waiting_.empty()) connect();
  }
  if (refusal) return asked.callback(tl::unexpected<Failure>(std::move(*refusal)));
  asked.callback(Answer(std::move(reply)));
}

void RedisConnection::on_link_lost(RedisLink&, const std::string& why) {
  drop_link(why);
}

void RedisConnection::on_timeout() {
  drop_link("it did not reply within " + text::format_duration(setup_.options.timeout));
}

// A link that was idle may be lost without harm: the next command makes another at once.
void RedisConnection::drop_link(const std::string& why) {
  why_ = why;
  reply_due_.clear();
  if (!sent_.empty() || (link_ && !waiting_.empty())) rest();
  discard_link();
  std::deque<Sent> sent = std::exchange(sent_, {});
  std::deque<Call> waiting = std::exchange(waiting_, {});
  for (Sent& call : sent)
    refuse(std::move(call.callback),
           address_.text() + ": " + why +
               ", while a command was under way, which may have been executed",
           Fate::kMaybeExecuted);
  for (Call& call : waiting)
    refuse(std::move(call.callback), "cannot reach " + address_.text() + ": " + why,
           Fate::kNotExecuted);
}

void RedisConnection::discard_link() {
  if (!link_) return;
  link_->close();
  setup_.loop.dispose(std::move(link_));
}

void RedisConnection::rest() {
  rests_until_ = setup_.loop.now() + rest_after(failures_++, kRedisRest, random_);
}

// The same words as before, so that whoever tells news apart by them hears none.
std::string RedisConnection::resting_text() const {
  return "cannot reach " + address_.text() + ": " + why_;
}

void RedisConnection::close(const std::string& why) {
  drop_link(why);
}

void RedisConnection::refuse(Callback callback, std::string what, Fate fate) {
  refused_.push_back({std::move(callback), {std::move(what), fate}});
  schedule();
}

void RedisConnection::run() noexcept {
  for (Refused& one : std::exchange(refused_, {}))
    one.callback(tl::unexpected<Failure>(std::move(one.failure)));
}

}  // namespace postern::wire
