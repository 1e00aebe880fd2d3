#include "relay/inflate.h"

#include <zlib.h>

namespace postern::relay {
namespace {

constexpr int kGzipOnly = 15 + 16;  // the largest window; a gzip header is asked for

}  // namespace

std::optional<std::string> inflate_gzip(std::string_view bytes, size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return std::nullopt;
  std::string out(limit, '\0');
  // zlib takes the input by a pointer that is not const, and does not write through it.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  out.resize(limit - stream.avail_out);
  inflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return out;
}

}  // namespace postern::relay
