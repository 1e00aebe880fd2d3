#include "relay/inflate.h"

#include <zlib.h>

#include <utility>

namespace postern::relay {
namespace {

constexpr int kGzipOnly = 15 + 16;  // the largest window; a gzip header is asked for

}  // namespace

Inflated inflate_beginning(std::string_view bytes, size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return {};
  std::string out(limit, '\0');
  // zlib takes the input by a pointer that is not const, and does not write through it.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  out.resize(limit - stream.avail_out);
  inflateEnd(&stream);
  return {std::move(out), result == Z_STREAM_END};
}

std::optional<std::string> inflate_gzip(std::string_view bytes, size_t limit) {
  Inflated inflated = inflate_beginning(bytes, limit);
  if (!inflated.is_whole) return std::nullopt;
  return std::move(inflated.bytes);
}

std::string_view zlib_in_use() {
  return zlibVersion();
}

}  // namespace postern::relay
