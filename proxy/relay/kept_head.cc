#include "relay/kept_head.h"

#include <algorithm>
#include <utility>

namespace postern::relay {

void KeptHead::copy(const http::ResponseHead& head) {
  http::Fields fields = std::move(head_.fields);
  head_.status = head.status;
  head_.minor_version = head.minor_version;
  head_.framing = head.framing;
  head_.declared = head.declared;
  head_.keep_alive = head.keep_alive;
  size_t size = head.reason.size();
  for (const http::Field& field : fields) size += field.name.size() + field.value.size();
  bytes_ = std::make_unique<char[]>(size);
  head_.reason = copy(head.reason);
  for (http::Field& field : fields) {
    field.name = copy(field.name);
    field.value = copy(field.value);
  }
  head_.fields = std::move(fields);
}

std::string_view KeptHead::copy(std::string_view text) {
  char* begin = bytes_.get() + used_;
  std::copy(text.begin(), text.end(), begin);
  used_ += text.size();
  return {begin, text.size()};
}

size_t KeptHead::bytes() const {
  return used_ + head_.fields.capacity() * sizeof(http::Field);
}

}  // namespace postern::relay
