#include "wire/redis_sentinels.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/printable.h"
#include "base/text.h"

namespace postern::wire {
namespace {

// A Sentinel answers at once or is of no use; there are others.
constexpr Duration kPatience = std::chrono::seconds(1);

redis::Options hastened(redis::Options options) {
  options.connect_timeout = std::min(options.connect_timeout, kPatience);
  options.timeout = std::min(options.timeout, kPatience);
  return options;
}

}  // namespace

RedisSentinels::RedisSentinels(const RedisSetup& setup)
    : setup_{setup.loop, setup.resolver, hastened(setup.options), setup.topology} {}

RedisSentinels::~RedisSentinels() = default;

void RedisSentinels::ask(Found found) {
  found_ = std::move(found);
  tried_ = 0;
  ask_next();
}

void RedisSentinels::ask_next() {
  discard_connection();
  connection_ = std::make_unique<RedisConnection>(setup_, setup_.topology.addresses[current_],
                                                  RedisLink::Peer::kSentinel);
  connection_->send({"SENTINEL", "get-master-addr-by-name", setup_.options.master},
                    [this](const redis::Answer& answer) { on_answer(answer); });
}

void RedisSentinels::on_answer(const redis::Answer& answer) {
  auto master = master_in(answer);
  if (master) return tell(std::move(master));
  const size_t count = setup_.topology.addresses.size();
  current_ = (current_ + 1) % count;
  if (++tried_ < count) return ask_next();
  tell(fail("no Sentinel names a master; the last one asked: " + master.error().what));
}

Result<redis::Address> RedisSentinels::master_in(const redis::Answer& answer) const {
  const redis::Address& sentinel = setup_.topology.addresses[current_];
  if (!answer) return fail(answer.error().what);
  if (answer->is_nil())
    return fail(sentinel.text() + " knows no master called '" +
                text::printable(setup_.options.master) + "': see `SENTINEL masters`");
  if (answer->elements.size() != 2)
    return fail(sentinel.text() + " answered with " + answer->shown() +
                ": is it a Sentinel? Without one, leave out master");
  const auto port = text::parse_unsigned(answer->elements[1].text);
  if (!port || *port == 0 || *port > 65535 || answer->elements[0].text.empty())
    return fail(sentinel.text() + " names a master without an address");
  redis::Address master = sentinel;
  master.host = answer->elements[0].text;
  master.port = static_cast<uint16_t>(*port);
  return master;
}

void RedisSentinels::tell(Result<redis::Address> result) {
  discard_connection();
  std::exchange(found_, {})(std::move(result));
}

void RedisSentinels::discard_connection() {
  if (!connection_) return;
  connection_->close({});
  setup_.loop.dispose(std::move(connection_));
}

}  // namespace postern::wire
