// Command: what is asked of Redis, as the bytes that go out.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"

namespace postern::redis {

// A value. Its arguments may be secrets: they are wiped with it, and messages tell its name alone.
class Command final {
 public:
  using Words = std::span<const std::string_view>;

  // REQUIRES: not empty. The second word is taken for the key, which decides the node in a cluster.
  explicit Command(Words words);
  Command(std::initializer_list<std::string_view> words) : Command(Words(words)) {}

  // A Lua script. All keys must share a hash tag: the first decides the node.
  static Command eval(std::string_view script, Words keys, Words arguments);
  // One that Redis has seen: by its SHA1 in hex. One that it has not, or has forgotten, is answered
  // with the error NOSCRIPT.
  static Command evalsha(std::string_view digest, Words keys, Words arguments);

  // WAIT: the reply is how many replicas have all that was written on this connection. Send it
  // right behind the write to `key`; it fails when the connection is another one by then.
  // `patience` must be well below Options::timeout.
  static Command wait(std::string_view key, uint32_t replicas, Duration patience);

  std::string_view bytes() const { return bytes_.reveal(); }
  const std::string& name() const { return name_; }      // "EVAL"
  const std::string& key() const { return key_; }        // empty: any node will do
  const std::string& script() const { return script_; }  // of an EVAL; otherwise empty
  bool needs_same_connection() const { return needs_same_connection_; }

 private:
  static Command run(std::string_view verb, std::string_view script, Words keys, Words arguments);

  Secret bytes_;
  std::string name_;
  std::string key_;
  std::string script_;
  bool needs_same_connection_ = false;
};

}  // namespace postern::redis
