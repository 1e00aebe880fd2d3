#include "inflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace postern::sandbox {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;

class Inflater final {
 public:
  Inflater() : ready_(inflateInit2(&stream_, kGzipOnly) == Z_OK) {}
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool run(std::string_view data, std::size_t limit, std::string& plain) {
    std::array<Bytef, 65536> piece;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream_.avail_in = static_cast<uInt>(data.size());
    int state = ready_ ? Z_OK : Z_STREAM_ERROR;
    while (state == Z_OK && plain.size() < limit) {
      stream_.next_out = piece.data();
      stream_.avail_out = static_cast<uInt>(std::min(piece.size(), limit - plain.size()));
      state = inflate(&stream_, Z_NO_FLUSH);
      plain.append(reinterpret_cast<const char*>(piece.data()),
                   static_cast<std::size_t>(stream_.next_out - piece.data()));
    }
    return state == Z_OK || state == Z_STREAM_END;
  }

 private:
  z_stream stream_{};
  bool ready_;
};

}  // namespace

std::optional<std::string> gunzip(std::string_view data, std::size_t limit) {
  std::string plain;
  Inflater inflater;
  if (!inflater.run(data, limit, plain)) return std::nullopt;
  return plain;
}

}  // namespace postern::sandbox
