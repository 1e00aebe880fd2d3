// A copy of a response head that outlives the bytes it was parsed from.
#pragma once

#include <memory>
#include <string_view>

#include "http/message.h"

namespace postern::relay {

// Moves nowhere, since its fields point into itself.
class KeptHead final {
 public:
  // `leaves_out(field)`: such fields are not copied.
  template <class LeavesOut>
  KeptHead(const http::ResponseHead& head, LeavesOut&& leaves_out) {
    head_.fields.reserve(head.fields.size());
    for (const http::Field& field : head.fields) {
      if (!leaves_out(field)) head_.fields.push_back(field);
    }
    copy(head);
  }
  explicit KeptHead(const http::ResponseHead& head)
      : KeptHead(head, [](const http::Field&) { return false; }) {}
  KeptHead(const KeptHead&) = delete;
  KeptHead& operator=(const KeptHead&) = delete;

  const http::ResponseHead& head() const { return head_; }
  void frame(http::Framing framing) { head_.framing = head_.declared = framing; }
  size_t bytes() const;  // of memory, about

 private:
  void copy(const http::ResponseHead& head);
  std::string_view copy(std::string_view text);

  std::unique_ptr<char[]> bytes_;  // all texts of the head
  size_t used_ = 0;
  http::ResponseHead head_;
};

}  // namespace postern::relay
