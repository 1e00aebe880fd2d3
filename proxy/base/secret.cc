#include "base/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace postern {

void wipe_memory(void* data, size_t size) noexcept {
  OPENSSL_cleanse(data, size);
}

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {
  // A short string is copied by its move, so the source still holds the bytes.
  other.wipe();
}

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  std::string copy = other.value_;  // first, so that running out of memory leaves this one whole
  wipe();
  value_.swap(copy);
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  value_ = std::move(other.value_);
  other.wipe();
  return *this;
}

void Secret::wipe() noexcept {
  // The whole capacity: a longer value may have been here before.
  value_.resize(value_.capacity());
  wipe_memory(value_.data(), value_.size());
  value_.clear();
}

bool operator==(const Secret& a, const Secret& b) noexcept {
  if (a.value_.size() != b.value_.size()) return false;
  return CRYPTO_memcmp(a.value_.data(), b.value_.data(), a.value_.size()) == 0;
}

}  // namespace postern
