#include "cli/line_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace postern::cli {
namespace {

constexpr size_t kBlock = 64 * 1024;

std::string system_words() {
  return std::generic_category().message(errno);
}

}  // namespace

Result<LineReader> LineReader::open(const std::string& path, int input) {
  if (path == "-") return LineReader(input, false);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return fail("cannot open " + path + ": " + system_words());
  return LineReader(descriptor, true);
}

LineReader::LineReader(LineReader&& other) noexcept
    : descriptor_(other.descriptor_),
      is_ours_(std::exchange(other.is_ours_, false)),
      has_ended_(other.has_ended_),
      bytes_(std::move(other.bytes_)),
      at_(other.at_),
      scanned_(other.scanned_) {}

LineReader::~LineReader() {
  if (is_ours_) ::close(descriptor_);
}

Result<std::optional<std::string_view>> LineReader::next() {
  for (;;) {
    const size_t end = bytes_.find('\n', std::max(at_, scanned_));
    if (end != std::string::npos) {
      const std::string_view line = std::string_view(bytes_).substr(at_, end - at_);
      at_ = end + 1;
      return line.substr(0, kLongest);
    }
    bytes_.erase(0, std::exchange(at_, 0));
    if (has_ended_) {
      at_ = bytes_.size();
      if (bytes_.empty()) return std::nullopt;
      return std::string_view(bytes_).substr(0, kLongest);
    }
    if (bytes_.size() > kLongest) bytes_.resize(kLongest);  // the rest of this line is not kept
    scanned_ = bytes_.size();
    bytes_.resize(scanned_ + kBlock);
    ssize_t got;
    do got = ::read(descriptor_, bytes_.data() + scanned_, kBlock);
    while (got < 0 && errno == EINTR);
    bytes_.resize(scanned_ + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) return fail("cannot read: " + system_words());
    has_ended_ = got == 0;
  }
}

}  // namespace postern::cli
