// Small files as text.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace postern::config {

inline constexpr size_t kMaxTextFile = size_t{1} << 20;

// Pipes and devices may keep their reader waiting for ever, and give what they hold only once.
enum class TextFiles : uint8_t { kAny, kPlain };

// The whole file, "-" for standard input. Refuses folders and more than kMaxTextFile bytes;
// kPlain: pipes and devices as well, without waiting for anybody.
Result<std::string> read_text_file(const std::string& path, TextFiles accepted = TextFiles::kAny);

}  // namespace postern::config
