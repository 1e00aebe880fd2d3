// Small files as text.
#pragma once

#include <string>

#include "base/result.h"

namespace postern::config {

inline constexpr size_t kMaxTextFile = size_t{1} << 20;

// The whole file, "-" for standard input. Refuses folders and more than kMaxTextFile bytes.
Result<std::string> read_text_file(const std::string& path);

// What a look at the file shows: changes when it is written, replaced, or a link on the way to it
// is turned elsewhere. Empty: there is none. Any thread.
std::string file_mark(const std::string& path);

}  // namespace postern::config
