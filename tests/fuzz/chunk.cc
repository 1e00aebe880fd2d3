// Chunked bodies: the decoder agrees with a second, plain one wherever it finds an end, whatever
// the pieces; and what the writer frames, the decoder reads.
#include <algorithm>
#include <optional>
#include <string>

#include "fuzz/target.h"
#include "http/body.h"

namespace postern::fuzz {
namespace {

using http::BodyDecoder;
using State = BodyDecoder::State;

struct Decoded {
  std::string content;
  size_t consumed = 0;
  State state = State::kMore;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view input, size_t piece) {
  BodyDecoder decoder(http::Framing::chunked());
  Decoded result;
  size_t arrived = 0;
  while (result.state == State::kMore && arrived < input.size()) {
    arrived += std::min(piece, input.size() - arrived);
    BodyDecoder::Step step;
    do {
      const std::string_view rest = input.substr(result.consumed, arrived - result.consumed);
      step = decoder.decode(rest);
      expect(step.consumed <= rest.size(), "no more is consumed than there was");
      expect(lies_in(step.data, rest, step.consumed), "content lies in what was consumed");
      result.consumed += step.consumed;
      result.content.append(step.data);
      result.state = step.state;
    } while (step.state == State::kMore && step.consumed > 0);
  }
  expect((result.state == State::kError) == !decoder.error().empty(), "an error says why");
  return result;
}

// A whole body the way one would write it down in a minute: its trailer and extensions are taken on
// trust, sizes and line ends are not.
std::optional<Decoded> decode_plainly(std::string_view input) {
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  Decoded result;
  size_t at = 0;
  for (;;) {
    const size_t end = input.find("\r\n", at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string line(input.substr(at, end - at));
    const size_t digits = std::min(line.find_first_not_of(kHex), line.size());
    if (digits == 0 || (digits < line.size() && line[digits] != ';')) return std::nullopt;
    const uint64_t size = std::strtoull(line.c_str(), nullptr, 16);
    at = end + 2;
    if (size == 0) break;
    if (size > input.size() - at) return std::nullopt;
    result.content.append(input.substr(at, size));
    at += size;
    if (input.substr(at, 2) != "\r\n") return std::nullopt;
    at += 2;
  }
  // The empty line behind the trailer: directly here, or behind its last line.
  const size_t end = input.find("\r\n\r\n", at - 2);
  if (end == std::string_view::npos) return std::nullopt;
  result.consumed = end + 4;
  result.state = State::kDone;
  return result;
}

void expect_round_trip(std::string_view content) {
  std::string framed;
  for (size_t at = 0; at < content.size(); at += 100) {
    const std::string_view piece = content.substr(at, 100);
    char line[18];
    framed.append(line, http::write_chunk_size(piece.size(), line));
    framed.append(piece).append(http::kChunkEnd);
  }
  framed.append(http::kLastChunk);
  const Decoded again = decode(framed, framed.size());
  expect(again.state == State::kDone, "a written body is complete");
  expect(again.content == content, "a written body is read as it was");
  expect(again.consumed == framed.size(), "a written body is one body");
}

void run(std::string_view input) {
  const Decoded whole = decode(input, input.size());
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}}) {
    expect(decode(input, piece) == whole, "the pieces do not matter");
  }
  if (whole.state == State::kDone) {
    expect(decode_plainly(input) == whole, "a plain decoder finds the same");
  }
  expect_round_trip(input);
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  postern::fuzz::run(postern::fuzz::text_of(data, size));
  return 0;
}
