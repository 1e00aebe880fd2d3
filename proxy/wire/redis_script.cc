#include "wire/redis_script.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace postern::wire {
namespace {

constexpr size_t kMostStrangers = 4096;  // who is forgotten answers NOSCRIPT once more

// What Redis calls a script by; nothing hangs on nobody finding another text with the same.
std::string digest_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
    std::abort();
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  for (size_t i = 0; i < size; ++i) {
    hex += kHex[digest[i] >> 4U];
    hex += kHex[digest[i] & 15U];
  }
  return hex;
}

std::vector<std::string_view> views_of(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

}  // namespace

RedisScript::RedisScript(std::string_view source) : source_(source), digest_(digest_of(source)) {}

void RedisScript::run(redis::Client& client, std::vector<std::string> keys,
                      std::vector<std::string> arguments, redis::Client::Callback callback) {
  const bool is_whole = !is_known_ || strangers_.count(keys.front()) > 0;
  redis::Command command =
      is_whole ? redis::Command::eval(source_, views_of(keys), views_of(arguments))
               : redis::Command::evalsha(digest_, views_of(keys), views_of(arguments));
  auto on_answer = [this, key = std::move(keys.front()),
                    callback = std::move(callback)](redis::Answer answer) {
    learn(key, answer);
    callback(std::move(answer));
  };
  client.send(std::move(command), std::move(on_answer));
}

void RedisScript::learn(const std::string& key, const redis::Answer& answer) {
  if (!answer) return;
  if (answer->error_code() != "NOSCRIPT") {
    is_known_ = true;
    strangers_.erase(key);
    return;
  }
  if (strangers_.size() >= kMostStrangers) strangers_.clear();
  strangers_.insert(key);
}

}  // namespace postern::wire
