#include "wire/redis_blocking.h"

#include <chrono>
#include <string>
#include <utility>

#include "wire/redis_client.h"

namespace postern::wire {

namespace {

// So that whoever watches one server has the first word.
constexpr Duration kMargin = std::chrono::milliseconds(100);

}  // namespace

using redis::Answer;
using redis::Failure;
using redis::Fate;

Result<std::unique_ptr<RedisBlocking>> RedisBlocking::make(const redis::Options& options) {
  std::unique_ptr<RedisBlocking> made(new RedisBlocking(options));
  auto client = make_redis_client(made->loop_, made->resolver_, options);
  if (!client) return fail(client.error().what);
  made->client_ = std::move(*client);
  return made;
}

RedisBlocking::RedisBlocking(const redis::Options& options)
    : patience_(options.connect_timeout + options.timeout + kMargin),
      resolver_(loop_),
      out_of_time_(loop_, [this] {
        on_answer(serial_, tl::unexpected<Failure>(Failure{
                               "Redis did not answer in time, after trying more than one server; "
                               "the command may have been executed",
                               Fate::kMaybeExecuted}));
      }) {}

Answer RedisBlocking::call(const redis::Command& command) {
  answer_.reset();
  const uint64_t serial = ++serial_;
  out_of_time_.set_after(patience_);
  client_->send(command, [this, serial](Answer answer) { on_answer(serial, std::move(answer)); });
  loop_.settle();
  while (!answer_) loop_.run();
  out_of_time_.clear();
  return std::move(*answer_);
}

// One that comes too late falls on nothing.
void RedisBlocking::on_answer(uint64_t serial, Answer answer) {
  if (serial != serial_ || answer_) return;
  answer_ = std::move(answer);
  loop_.stop();
}

}  // namespace postern::wire
