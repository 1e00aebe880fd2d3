// Sealing of what is stored: AES-256-GCM in an envelope of one line,
// "postern.sealed.v1.<key id>.<base64 of nonce, ciphertext and tag>".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace postern::grants {

// Seals with the first key and opens with either, so that keys can be changed while running. The
// key id (four bytes of the key's SHA-256) only tells keys apart. The grant's name is
// authenticated: a file moved to another name does not open. A value; any thread.
class Sealer final {
 public:
  // A key is 32 bytes as 64 hex digits or as base64. `old_key` may be empty.
  static Result<Sealer> make(const Secret& key, const Secret& old_key);
  // What is wrong with such a key: "must be …".
  static std::optional<std::string> key_fault(const Secret& text);

  Result<std::string> seal(std::string_view grant, std::string_view plain) const;
  // Errors: made by another key, changed or cut short, a version not known here.
  Result<Secret> open(std::string_view grant, std::string_view envelope) const;

  static bool is_sealed(std::string_view text);

 private:
  struct Key {
    Secret bytes;  // 32
    std::string id;
  };
  static Result<Key> read_key(const Secret& text);

  Key key_;
  std::optional<Key> old_key_;
};

}  // namespace postern::grants
