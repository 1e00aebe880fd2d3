#include "redis/command.h"

#include <hiredis/hiredis.h>

#include <cassert>
#include <chrono>
#include <new>
#include <vector>

namespace postern::redis {
namespace {

Secret encode(Command::Words words) {
  std::vector<const char*> starts;
  std::vector<size_t> sizes;
  for (const std::string_view word : words) {
    starts.push_back(word.data() == nullptr ? "" : word.data());
    sizes.push_back(word.size());
  }
  char* bytes = nullptr;
  const int size =
      ::redisFormatCommandArgv(&bytes, static_cast<int>(words.size()), starts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  Secret encoded(std::string(bytes, static_cast<size_t>(size)));
  wipe_memory(bytes, static_cast<size_t>(size));
  ::redisFreeCommand(bytes);
  return encoded;
}

}  // namespace

Command::Command(Words words) : bytes_(encode(words)), name_(words.front()) {
  if (words.size() > 1) key_ = words[1];
}

Command Command::run(std::string_view verb, std::string_view script, Words keys, Words arguments) {
  assert(!keys.empty());
  const std::string count = std::to_string(keys.size());
  std::vector<std::string_view> words{verb, script, count};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  Command command{Words(words)};
  command.key_ = keys.front();
  return command;
}

Command Command::eval(std::string_view script, Words keys, Words arguments) {
  Command command = run("EVAL", script, keys, arguments);
  command.script_ = script;
  return command;
}

Command Command::evalsha(std::string_view digest, Words keys, Words arguments) {
  return run("EVALSHA", digest, keys, arguments);
}

Command Command::wait(std::string_view key, uint32_t replicas, Duration patience) {
  const std::string count = std::to_string(replicas);
  const std::string milliseconds =
      std::to_string(std::chrono::ceil<std::chrono::milliseconds>(patience).count());
  Command command{"WAIT", count, milliseconds};
  command.key_ = key;
  command.needs_same_connection_ = true;
  return command;
}

}  // namespace postern::redis
