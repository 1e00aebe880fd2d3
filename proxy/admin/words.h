// Spans, moments and sizes as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace postern::admin {

std::string span_words(int64_t seconds);  // "29d 3h", the two largest units; below zero: "0s"
std::string short_words(Duration span);   // "840 ms", "2.4 s", "3m 5s"
std::string bytes_words(uint64_t bytes);  // "12 B", "3.4 KiB"
std::string count_words(uint64_t count, std::string_view noun);  // "1 call", "2 calls"
std::string clock_words(WallTime time);                          // "12:34:56", UTC

}  // namespace postern::admin
