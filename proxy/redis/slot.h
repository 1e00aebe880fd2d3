// Which of a cluster's slots a key lies in.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::redis {

inline constexpr uint16_t kSlots = 16384;

// By the hash tag, "acme" of "postern:{acme}:grant", where the key has one.
uint16_t slot_of(std::string_view key);

}  // namespace postern::redis
