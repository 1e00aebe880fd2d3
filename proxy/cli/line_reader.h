// The lines of a file that may be larger than memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::cli {

// Blocks. Closes the file when it goes, standard input not.
class LineReader final {
 public:
  static constexpr size_t kLongest = 64 * 1024;  // of a longer line only so much is given

  // `path`: "-" is the descriptor `input`.
  static Result<LineReader> open(const std::string& path, int input);
  LineReader(LineReader&& other) noexcept;
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  ~LineReader();

  // The next line without its end, good until the next call; nothing: that was all. The error is
  // what the system says.
  Result<std::optional<std::string_view>> next();

 private:
  LineReader(int descriptor, bool is_ours) : descriptor_(descriptor), is_ours_(is_ours) {}

  int descriptor_;
  bool is_ours_;
  bool has_ended_ = false;
  std::string bytes_;  // read and not given yet, from at_ on
  size_t at_ = 0;
  size_t scanned_ = 0;  // no end of line before it
};

}  // namespace postern::cli
