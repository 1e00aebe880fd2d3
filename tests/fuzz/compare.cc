// The same bytes must be understood the same, whole and in any pieces.
//
// An input is one byte of flags, one that decides where to cut, and the bytes of a connection.
#include <vector>

#include "fuzz/target.h"
#include "http/consumer.h"

namespace postern::fuzz {
namespace {

constexpr uint8_t kIsResponse = 1;
constexpr uint8_t kToHead = 2;
constexpr uint8_t kEnds = 4;

// Cuts between 1 and 16 bytes apart, a pattern for each seed.
std::vector<size_t> cuts_of(uint8_t seed, size_t size) {
  std::vector<size_t> cuts;
  uint32_t state = seed;
  size_t at = 0;
  for (;;) {
    state = state * 1664525U + 1013904223U;
    at += 1 + (state >> 28);
    if (at >= size) return cuts;
    cuts.push_back(at);
  }
}

void compare_requests(std::string_view bytes, const std::vector<size_t>& cuts) {
  const bool equal =
      http::test::consume_requests(bytes, {}) == http::test::consume_requests(bytes, cuts);
  expect(equal, "requests are understood the same in pieces");
}

void compare_responses(std::string_view bytes, const std::vector<size_t>& cuts, uint8_t flags) {
  const bool to_head = (flags & kToHead) != 0;
  const bool ends = (flags & kEnds) != 0;
  const bool equal = http::test::consume_response(bytes, {}, to_head, ends) ==
                     http::test::consume_response(bytes, cuts, to_head, ends);
  expect(equal, "an answer is understood the same in pieces");
}

void run(std::string_view input) {
  if (input.size() < 2) return;
  const auto flags = static_cast<uint8_t>(input[0]);
  const std::string_view bytes = input.substr(2);
  const std::vector<size_t> some = cuts_of(static_cast<uint8_t>(input[1]), bytes.size());
  for (const std::vector<size_t>& cuts : {some, http::test::every_cut(bytes.size())}) {
    if ((flags & kIsResponse) != 0) {
      compare_responses(bytes, cuts, flags);
    } else {
      compare_requests(bytes, cuts);
    }
  }
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  postern::fuzz::run(postern::fuzz::text_of(data, size));
  return 0;
}
