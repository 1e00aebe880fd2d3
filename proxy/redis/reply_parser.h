// ReplyParser: bytes from Redis, in whatever pieces, become replies.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "redis/reply.h"

struct redisReader;
struct redisReadTask;

namespace postern::redis {

// What one reply may be. Arrays lie in each other at most seven deep, which hiredis sees to.
struct ReplyLimits {
  size_t max_bytes = size_t{4} * 1024 * 1024;
  size_t max_elements = size_t{64} * 1024;  // of all its arrays together
};

// On hiredis's reader, which does no input itself. Holds no more than the bytes of one reply and
// what it was fed at once. One thread.
class ReplyParser final {
 public:
  explicit ReplyParser(const ReplyLimits& limits = {});
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;
  ~ReplyParser();

  void feed(std::string_view bytes);

  // The next whole reply; nothing: more bytes are needed. An error is final, since nobody knows
  // where the next reply would begin.
  Result<std::optional<Reply>> next();

 private:
  struct Building;  // what hiredis calls
  struct ReaderDelete {
    void operator()(redisReader* reader) const noexcept;
  };
  size_t consumed() const;

  ReplyLimits limits_;
  std::unique_ptr<redisReader, ReaderDelete> reader_;
  size_t elements_ = 0;      // of the reply under way
  size_t fed_ = 0;           // bytes, since ever
  size_t reply_begins_ = 0;  // in them
  bool is_too_large_ = false;
};

}  // namespace postern::redis
