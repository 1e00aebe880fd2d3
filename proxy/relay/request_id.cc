#include "relay/request_id.h"

namespace postern::relay {

RequestId RequestIds::next() {
  // SplitMix64: a bijection, so that a counter gives no id twice.
  state_ += 0x9e3779b97f4a7c15;
  uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  mixed ^= mixed >> 31;
  RequestId id;
  for (char& digit : id) {
    digit = "0123456789abcdef"[mixed & 15];
    mixed >>= 4;
  }
  return id;
}

bool is_request_id(std::string_view text) {
  if (text.empty() || text.size() > 128) return false;
  for (char c : text) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '.' && c != '_' && c != ':') return false;
  }
  return true;
}

}  // namespace postern::relay
