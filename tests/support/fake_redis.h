// Redis that says what a test has written down, and remembers what it was asked.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "redis/client.h"

namespace postern::test {

// The words of a command, taken from the bytes that would go out.
inline std::vector<std::string> words_of(const redis::Command& command) {
  std::vector<std::string> words;
  std::string_view rest = command.bytes();
  const auto line = [&rest] {
    const std::string_view found = text::take_until(rest, '\n');
    return found.substr(1, found.size() - 2);  // without the mark and the carriage return
  };
  const uint64_t count = text::parse_unsigned(line()).value_or(0);
  for (uint64_t i = 0; i < count; ++i) {
    const size_t size = text::parse_unsigned(line()).value_or(0);
    words.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size + 2);
  }
  return words;
}

// What a script answers with.
inline redis::Reply texts(const std::vector<std::string>& words) {
  std::vector<redis::Reply> elements;
  for (const std::string& word : words)
    elements.push_back(redis::Reply::of(redis::Reply::Kind::kText, word));
  return redis::Reply::array(std::move(elements));
}

class FakeRedis final : public redis::Server {
 public:
  redis::Answer call(const redis::Command& command) override {
    asked.push_back(words_of(command));
    if (answers.empty() && !refused.empty())
      return tl::unexpected(redis::Failure{refused, redis::Fate::kNotExecuted});
    if (!away.empty()) return tl::unexpected(redis::Failure{away, redis::Fate::kNotExecuted});
    if (answers.empty()) return redis::Reply::of(redis::Reply::Kind::kError, "ERR nothing is left");
    redis::Reply next = std::move(answers.front());
    answers.pop_front();
    return next;
  }

  // What a script returns.
  void will_say(const std::vector<std::string>& words) { answers.push_back(texts(words)); }
  // A failure once the answers have been given.
  void will_refuse(std::string why) { refused = std::move(why); }
  void will_fail(std::string error) {
    answers.push_back(redis::Reply::of(redis::Reply::Kind::kError, std::move(error)));
  }

  std::deque<redis::Reply> answers;
  std::vector<std::vector<std::string>> asked;
  std::string refused;
  std::string away;  // why nothing is answered; empty: it is there
};

// One that answers when the test says so, in the order of asking.
class FakeRedisClient final : public redis::Client {
 public:
  void send(redis::Command command, Callback callback) override {
    asked.push_back(words_of(command));
    open.push_back(std::move(callback));
  }
  void answer(redis::Answer with) {
    const Callback next = std::move(open.front());
    open.pop_front();
    next(std::move(with));
  }
  void say(const std::vector<std::string>& words) { answer(redis::Answer(texts(words))); }
  void fail(std::string error) {
    answer(redis::Reply::of(redis::Reply::Kind::kError, std::move(error)));
  }
  void be_away(std::string why) {
    answer(tl::unexpected(redis::Failure{std::move(why), redis::Fate::kNotExecuted}));
  }

  std::vector<std::vector<std::string>> asked;
  std::deque<Callback> open;
};

}  // namespace postern::test
