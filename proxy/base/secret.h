// Secret: a string that cannot be printed and is wiped when it goes.
#pragma once

#include <string>
#include <string_view>

namespace postern {

// Holds a token, a client secret or anything that must not be seen. It has no stream operator and
// no implicit conversion; `reveal()` is the one way to the bytes and is easy to search for.
// A value type; a moved-from Secret is empty. Any thread, like a std::string.
class Secret final {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  bool empty() const { return value_.empty(); }
  std::string_view reveal() const { return value_; }

  // Compares in constant time for values of equal length.
  friend bool operator==(const Secret& a, const Secret& b) noexcept;

 private:
  void wipe() noexcept;
  std::string value_;
};

// Overwrites `size` bytes in a way the compiler may not remove.
void wipe_memory(void* data, size_t size) noexcept;

}  // namespace postern
