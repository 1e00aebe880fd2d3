#include "wire/redis_failover.h"

#include <chrono>
#include <utility>

namespace postern::wire {
namespace {

using redis::Answer;
using redis::Failure;

constexpr Duration kBetweenQuestions = std::chrono::milliseconds(100);

}  // namespace

RedisFailover::RedisFailover(std::unique_ptr<RedisSetup> setup)
    : event::Task(setup->loop), setup_(std::move(setup)), sentinels_(*setup_) {}

RedisFailover::~RedisFailover() = default;

void RedisFailover::send(redis::Command command, Callback callback) {
  Call call{std::move(command), std::move(callback)};
  const bool may_ask = asked_ == Instant{} || setup_->loop.now() - asked_ >= kBetweenQuestions;
  if (!is_asking_ && is_doubtful_ && may_ask) {
    is_asking_ = true;
    sentinels_.ask([this](const Result<redis::Address>& master) { on_found(master); });
  }
  if (is_asking_) return waiting_.push_back(std::move(call));
  if (connection_) return forward(std::move(call));
  refused_.push_back(std::move(call.callback));
  schedule();
}

void RedisFailover::forward(Call call) {
  connection_->send(std::move(call.command),
                    [this, callback = std::move(call.callback)](Answer answer) {
                      is_doubtful_ |= !answer;
                      callback(std::move(answer));
                    });
}

void RedisFailover::on_found(const Result<redis::Address>& master) {
  is_asking_ = false;
  asked_ = setup_->loop.now();
  if (master)
    follow(*master);
  else
    why_ = master.error().what;
  for (Call& call : std::exchange(waiting_, {})) {
    if (master) {
      forward(std::move(call));
    } else {
      refused_.push_back(std::move(call.callback));
      schedule();
    }
  }
}

void RedisFailover::follow(const redis::Address& master) {
  is_doubtful_ = false;
  if (connection_ && connection_->address() == master) return;
  if (connection_) {
    connection_->close("Sentinel names another master, " + master.text());
    setup_->loop.dispose(std::move(connection_));
  }
  connection_ = std::make_unique<RedisConnection>(*setup_, master, RedisLink::Peer::kMaster);
}

void RedisFailover::run() noexcept {
  for (const Callback& callback : std::exchange(refused_, {}))
    callback(tl::unexpected<Failure>(Failure{why_, redis::Fate::kNotExecuted}));
}

}  // namespace postern::wire
