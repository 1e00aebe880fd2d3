// WriteMarks: has a write come between an answer and now? What was asked for before a write may say
// what was true before it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "policy/response_class.h"

namespace postern::relay {

// A counter for each family of each organization. Organizations are those of grants: few. One
// thread.
class WriteMarks final {
 public:
  using Mark = uint64_t;

  // Grows with each write that may have changed such answers: equal marks, no write between them.
  // Without an organization: answers of which it is not known, which every write may have changed.
  Mark of(std::string_view organization, policy::Family family) const;

  void on_write(std::string_view organization, policy::Family written);
  void on_write_anywhere() { ++everywhere_; }  // which organization it was in is not known

 private:
  using Counters = std::array<uint64_t, policy::kFamilies>;

  std::map<std::string, Counters, std::less<>> counters_;
  uint64_t unplaced_ = 0;
  uint64_t everywhere_ = 0;
};

}  // namespace postern::relay
