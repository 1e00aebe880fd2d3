// gzip bodies made readable (RFC 1952), for the few answers that are read here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::relay {

// As much of the gzip member that `bytes` are, or begin, as can be read and is no more than
// `limit`.
struct Inflated {
  std::string bytes;
  bool is_whole = false;
};
Inflated inflate_beginning(std::string_view bytes, size_t limit);

// One whole gzip member; nothing when it is broken, cut off, or larger than `limit` when inflated.
std::optional<std::string> inflate_gzip(std::string_view bytes, size_t limit);

std::string_view zlib_in_use();  // its version, "1.2.13"; what it was built with may be another

}  // namespace postern::relay
