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

class FakeRedis final : public redis::Server {
 public:
  redis::Answer call(const redis::Command& command) override {
    asked.push_back(words_of(command));
    if (!away.empty()) return tl::unexpected(redis::Failure{away, redis::Fate::kNotExecuted});
    if (answers.empty()) return redis::Reply::of(redis::Reply::Kind::kError, "ERR nothing is left");
    redis::Reply next = std::move(answers.front());
    answers.pop_front();
    return next;
  }

  // What a script returns.
  void will_say(const std::vector<std::string>& words) {
    std::vector<redis::Reply> elements;
    for (const std::string& word : words)
      elements.push_back(redis::Reply::of(redis::Reply::Kind::kText, word));
    answers.push_back(redis::Reply::array(std::move(elements)));
  }
  void will_fail(std::string error) {
    answers.push_back(redis::Reply::of(redis::Reply::Kind::kError, std::move(error)));
  }

  std::deque<redis::Reply> answers;
  std::vector<std::vector<std::string>> asked;
  std::string away;  // why nothing is answered; empty: it is there
};

// The same without waiting: a test answers what was sent when it likes.
class FakeRedisClient final : public redis::Client {
 public:
  void send(redis::Command command, Callback callback) override {
    asked.push_back(words_of(command));
    callbacks.push_back(std::move(callback));
  }

  // To the oldest command without an answer.
  void say(const std::vector<std::string>& words) {
    std::vector<redis::Reply> elements;
    for (const std::string& word : words)
      elements.push_back(redis::Reply::of(redis::Reply::Kind::kText, word));
    answer(redis::Reply::array(std::move(elements)));
  }
  void fail(std::string error) {
    answer(redis::Reply::of(redis::Reply::Kind::kError, std::move(error)));
  }
  void be_away(std::string why) {
    answer(tl::unexpected(redis::Failure{std::move(why), redis::Fate::kNotExecuted}));
  }
  void answer(redis::Answer with) {
    const Callback callback = std::move(callbacks.front());
    callbacks.pop_front();
    callback(std::move(with));
  }

  std::vector<std::vector<std::string>> asked;
  std::deque<Callback> callbacks;
};

}  // namespace postern::test
