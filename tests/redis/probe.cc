// redis_probe: asks a Redis what its standard input says, for the tests in Python beside it.
//
//   redis_probe KEY=VALUE…        the settings, as redis::Options names them; addresses=a,b,c
//
// A line of input is words with tabs between them; a line of output is JSON.
//   call WORD…        by RedisBlocking, on another thread than the one that made it
//   eval SCRIPT KEY ARGUMENT…
//   wait KEY REPLICAS MILLISECONDS
//   send TAG WORD…    by the client of the loop; the answer bears the tag
//   burst TAG N WORD… the same, N times at once
//   subscribe CHANNEL…
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/text.h"
#include "event/fd_watch.h"
#include "event/loop.h"
#include "redis/options.h"
#include "wire/redis_blocking.h"
#include "wire/redis_client.h"
#include "wire/redis_subscription.h"

namespace postern {
namespace {

using nlohmann::json;
using redis::Answer;
using redis::Command;
using redis::Reply;
using Words = std::vector<std::string_view>;

json as_json(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::kNil:
      return nullptr;
    case Reply::Kind::kInteger:
      return reply.integer;
    case Reply::Kind::kText:
    case Reply::Kind::kStatus:
      return reply.text;
    case Reply::Kind::kError:
      return {{"error", reply.text}};
    case Reply::Kind::kArray:
      break;
  }
  json all = json::array();
  for (const Reply& element : reply.elements) all.push_back(as_json(element));
  return all;
}

json as_json(const Answer& answer) {
  if (answer) return {{"reply", as_json(*answer)}};
  const bool is_maybe = answer.error().fate == redis::Fate::kMaybeExecuted;
  return {{"failure", answer.error().what}, {"fate", is_maybe ? "maybe" : "not"}};
}

void say(const json& document) {
  std::cout << document.dump(-1, ' ', true, json::error_handler_t::replace) << std::endl;
}

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  say({{"refused", result.error().what}});
  std::exit(2);
}

Words split(std::string_view line, char mark) {
  Words words;
  while (!line.empty()) words.push_back(text::take_until(line, mark));
  return words;
}

Command command_of(const Words& words, size_t from) {
  return Command(Command::Words(words).subspan(from));
}

void set(redis::Options& options, std::string_view key, const std::string& value) {
  const auto number = static_cast<uint32_t>(text::parse_unsigned(value).value_or(0));
  if (key == "url") options.url = value;
  if (key == "addresses")
    for (const std::string_view one : split(value, ',')) options.addresses.emplace_back(one);
  if (key == "master") options.master = value;
  if (key == "cluster") options.cluster = true;
  if (key == "user") options.user = value;
  if (key == "password_file") options.password_file = value;
  if (key == "sentinel_password_file") options.sentinel_password_file = value;
  if (key == "ca_file") options.ca_file = value;
  if (key == "certificate_file") options.certificate_file = value;
  if (key == "key_file") options.key_file = value;
  if (key == "timeout_ms") options.timeout = std::chrono::milliseconds(number);
  if (key == "connect_timeout_ms") options.connect_timeout = std::chrono::milliseconds(number);
}

class Probe final : private event::FdEvents, private wire::RedisSubscriptionEvents {
 public:
  explicit Probe(redis::Options options)
      : options_(std::move(options)),
        resolver_(loop_),
        client_(must(wire::make_redis_client(loop_, resolver_, options_))),
        server_(must(wire::RedisBlocking::make(options_))) {
    ::fcntl(STDIN_FILENO, F_SETFL, ::fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    watch_.emplace(loop_, STDIN_FILENO, static_cast<event::FdEvents&>(*this));
    say({{"ready", true}});
  }

  void run() { loop_.run(); }

 private:
  void on_ready(event::Readiness) noexcept override {
    std::array<char, 65536> chunk;
    ssize_t size = 0;
    while ((size = ::read(STDIN_FILENO, chunk.data(), chunk.size())) > 0)
      input_.append(chunk.data(), static_cast<size_t>(size));
    size_t end = 0;
    while ((end = input_.find('\n')) != std::string::npos) {
      const std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      obey(split(line, '\t'));
    }
    if (size == 0) loop_.stop();
  }

  void obey(const Words& words) {
    if (words[0] == "call") block(command_of(words, 1));
    if (words[0] == "eval") {
      const Command::Words all(words);
      block(Command::eval(all[1], all.subspan(2, 1), all.subspan(3)));
    }
    if (words[0] == "wait")
      block(Command::wait(words[1], number(words[2]), std::chrono::milliseconds(number(words[3]))));
    if (words[0] == "send") send(words[1], command_of(words, 2));
    if (words[0] == "burst")
      for (uint32_t i = 0; i < number(words[2]); ++i) send(words[1], command_of(words, 3));
    if (words[0] == "subscribe")
      subscription_ = must(wire::RedisSubscription::make(loop_, resolver_, options_,
                                                         {words.begin() + 1, words.end()}, *this));
  }

  static uint32_t number(std::string_view digits) {
    return static_cast<uint32_t>(text::parse_unsigned(digits).value_or(0));
  }

  void block(const Command& command) {
    const Instant began = loop_.now();
    std::optional<Answer> answer;
    std::thread([&] { answer = server_->call(command); }).join();
    json document = as_json(*answer);
    document["ms"] = (loop_.now() - began) / std::chrono::milliseconds(1);
    say(document);
  }

  void send(std::string_view tag, Command command) {
    is_sending_ = true;
    client_->send(std::move(command), [this, tag = std::string(tag)](const Answer& answer) {
      json document = as_json(answer);
      document["tag"] = tag;
      if (is_sending_) document["fault"] = "answered from inside send()";
      say(document);
    });
    is_sending_ = false;
  }

  void on_message(std::string_view channel, std::string_view payload) override {
    say({{"message", payload}, {"channel", channel}});
  }
  void on_subscribed() override { say({{"subscribed", true}}); }
  void on_unheard(const std::string& why) override { say({{"unheard", why}}); }

  redis::Options options_;
  event::Loop loop_;
  wire::Resolver resolver_;
  std::unique_ptr<redis::Client> client_;
  std::unique_ptr<redis::Server> server_;
  std::unique_ptr<wire::RedisSubscription> subscription_;
  std::optional<event::FdWatch> watch_;
  std::string input_;
  bool is_sending_ = false;
};

}  // namespace
}  // namespace postern

int main(int argc, char** argv) {
  postern::redis::Options options;
  for (int i = 1; i < argc; ++i) {
    std::string_view value = argv[i];
    const std::string_view key = postern::text::take_until(value, '=');
    postern::set(options, key, std::string(value));
  }
  postern::Probe(std::move(options)).run();
}
