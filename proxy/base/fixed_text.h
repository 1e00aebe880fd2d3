// FixedText: a short text in place, for what is written for every request and must not touch the
// heap.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern {

// A value. What goes beyond kMost bytes is cut off.
template <size_t kMost>
class FixedText final {
 public:
  FixedText() = default;
  explicit FixedText(std::string_view text) { append(text); }

  std::string_view text() const { return {bytes_.data(), size_}; }
  size_t size() const { return size_; }
  bool is_full() const { return size_ == kMost; }

  void clear() { size_ = 0; }
  void append(std::string_view text) {
    text = text.substr(0, kMost - size_);
    std::copy(text.begin(), text.end(), bytes_.data() + size_);
    size_ += text.size();
  }
  void append(uint64_t number) {
    std::array<char, 20> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    append(std::string_view(digits.data(), static_cast<size_t>(end - digits.data())));
  }

 private:
  std::array<char, kMost> bytes_;
  size_t size_ = 0;
};

}  // namespace postern
