// What is wrong with a table, gathered so that all of it is said in one go.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace postern::policy {

class Faults final {
 public:
  static constexpr size_t kMost = 20;  // more are counted, not told

  explicit Faults(std::string_view name) : name_(name) {}

  void add(size_t line, std::string_view what) {
    if (++count_ > kMost) return;
    if (count_ > 1) text_ += '\n';
    text_.append(name_).append(":").append(std::to_string(line)).append(": ").append(what);
  }
  bool any() const { return count_ > 0; }
  tl::unexpected<Error> error() && {
    if (count_ > kMost) text_ += "\nand " + std::to_string(count_ - kMost) + " more";
    return fail(std::move(text_));
  }

 private:
  std::string_view name_;
  std::string text_;
  size_t count_ = 0;
};

}  // namespace postern::policy
