#include "redis/reply_parser.h"

#include <hiredis/read.h>

#include <new>
#include <string>
#include <utility>

#include "base/printable.h"

namespace postern::redis {
namespace {

Reply::Kind kind_of_text(int type) {
  if (type == REDIS_REPLY_STATUS) return Reply::Kind::kStatus;
  return type == REDIS_REPLY_ERROR ? Reply::Kind::kError : Reply::Kind::kText;
}

tl::unexpected<Error> too_large() {
  return fail("the reply is larger than any that Postern asks for");
}

}  // namespace

// hiredis keeps the pointers that these return: to the reply as a whole, or to the last element of
// the array it reads just now, which stays in its place for as long as it is the last.
struct ReplyParser::Building {
  static void* place(const redisReadTask* task, Reply reply) {
    auto& parser = *static_cast<ReplyParser*>(task->privdata);
    if (++parser.elements_ > parser.limits_.max_elements) {
      parser.is_too_large_ = true;
      return nullptr;
    }
    if (task->parent == nullptr) return new Reply(std::move(reply));
    auto& siblings = static_cast<Reply*>(task->parent->obj)->elements;
    siblings.push_back(std::move(reply));
    return &siblings.back();
  }

  static void* text(const redisReadTask* task, char* bytes, size_t size) {
    if (task->type != REDIS_REPLY_STRING && task->type != REDIS_REPLY_STATUS &&
        task->type != REDIS_REPLY_ERROR)
      return nullptr;  // RESP3
    return place(task, Reply::of(kind_of_text(task->type), std::string(bytes, size)));
  }

  // `Size` differs between versions of hiredis. No room is made in advance: the count is a claim.
  template <class Size>
  static void* array(const redisReadTask* task, Size) {
    return task->type == REDIS_REPLY_ARRAY ? place(task, Reply::array({})) : nullptr;
  }
  static void* integer(const redisReadTask* task, long long value) {
    return place(task, Reply::of(value));
  }
  static void* nil(const redisReadTask* task) { return place(task, {}); }
  static void free(void* reply) { delete static_cast<Reply*>(reply); }

  template <class Functions>
  static Functions functions() {
    Functions all{};
    all.createString = text;
    all.createArray = array;
    all.createInteger = integer;
    all.createNil = nil;
    all.freeObject = free;
    // Later versions know RESP3, and take a number for a pointer where these are missing.
    if constexpr (requires { all.createDouble; }) {
      all.createDouble = [](const redisReadTask*, double, char*, size_t) -> void* { return {}; };
      all.createBool = [](const redisReadTask*, int) -> void* { return {}; };
    }
    return all;
  }
};

void ReplyParser::ReaderDelete::operator()(redisReader* reader) const noexcept {
  ::redisReaderFree(reader);
}

ReplyParser::ReplyParser(const ReplyLimits& limits) : limits_(limits) {
  static redisReplyObjectFunctions functions = Building::functions<redisReplyObjectFunctions>();
  reader_.reset(::redisReaderCreateWithFunctions(&functions));
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = this;
}

ReplyParser::~ReplyParser() = default;

void ReplyParser::feed(std::string_view bytes) {
  fed_ += bytes.size();
  ::redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

size_t ReplyParser::consumed() const {
  return fed_ - (reader_->len - reader_->pos);
}

Result<std::optional<Reply>> ReplyParser::next() {
  if (is_too_large_) return too_large();
  void* found = nullptr;
  const int status = ::redisReaderGetReply(reader_.get(), &found);
  if (is_too_large_) return too_large();
  if (status != REDIS_OK)
    return fail("this is no reply of Redis (" + text::printable(reader_->errstr) + ")");
  const size_t end = found != nullptr ? consumed() : fed_;
  is_too_large_ = end - reply_begins_ > limits_.max_bytes;
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(found));
  if (is_too_large_) return too_large();
  if (!reply) return std::nullopt;
  elements_ = 0;
  reply_begins_ = end;
  return std::move(*reply);
}

}  // namespace postern::redis
