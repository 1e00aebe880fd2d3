// Words for people: why there is no connection to a Redis, and what to do. Callers name the
// server, so these do not. Pure.
#pragma once

#include <string>
#include <vector>

#include "http/upstream.h"
#include "redis/address.h"
#include "redis/options.h"
#include "redis/reply.h"

namespace postern::wire {

// What advice depends on.
struct RedisPeer {
  std::string setting;      // that names the server, "store.redis.url"; empty: others have named it
  bool has_worked = false;  // before, so it speaks what we do
};

// "store.redis.url", "store.redis.addresses"; empty: `address` is not among them.
std::string setting_of(const redis::Address& address, const redis::Options& options,
                       const std::vector<redis::Address>& configured);

std::string connect_words(const http::Failure& failure, const RedisPeer& peer);
std::string unix_connect_words(int error, const RedisPeer& peer);
// It closed the connection before it answered.
std::string silent_end_words(const redis::Address& address, const RedisPeer& peer);

// The password as it is configured, for whom it is refused.
struct RedisPassword {
  std::string file;     // empty: it stands in the configuration itself
  std::string setting;  // "store.redis.password", for that
  std::string user;     // of the ACL; empty: the one called default
};
std::string password_words(const redis::Reply& refusal, const RedisPassword& password);

}  // namespace postern::wire
