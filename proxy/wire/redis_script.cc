#include "wire/redis_script.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace postern::wire {
namespace {

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
                      std::vector<std::string> arguments, redis::Client::Callback callback) const {
  redis::Command command = redis::Command::evalsha(digest_, views_of(keys), views_of(arguments));
  auto on_answer = [this, &client, keys = std::move(keys), arguments = std::move(arguments),
                    callback = std::move(callback)](redis::Answer answer) {
    const bool is_unknown = answer && answer->error_code() == "NOSCRIPT";
    if (!is_unknown) return callback(std::move(answer));
    client.send(redis::Command::eval(source_, views_of(keys), views_of(arguments)), callback);
  };
  client.send(std::move(command), std::move(on_answer));
}

}  // namespace postern::wire
