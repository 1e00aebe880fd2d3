// Where a message body ends: one decoder for all four framings.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message.h"

namespace postern::http {

// Takes the bytes behind a head and hands out the content, byte-exact by RFC 9112 §7.1 for chunked:
// sizes are hexadecimal digits only, at most 16 of them and never over 2^63 − 1; lines end in CRLF;
// extensions are skipped, at most 256 bytes a line and 16 KiB a body; trailer fields are checked
// like header fields, at most 8 KiB in all, and dropped.
class BodyDecoder final {
 public:
  enum class State : uint8_t { kMore, kDone, kError };

  struct Step {
    size_t consumed = 0;    // bytes of the input that are dealt with
    std::string_view data;  // content among them, a view into the input; may be empty
    State state = State::kMore;
  };

  BodyDecoder() = default;
  explicit BodyDecoder(Framing framing) { start(framing); }
  void start(Framing framing);

  // At most so many bytes of chunked content: a chunk that would pass them is an error as soon as
  // its size is known, and is_too_large() tells why. Call after start().
  void limit(uint64_t size) { room_ = size; }
  bool is_too_large() const { return too_large_; }

  // Hands out at most one run of content; call again with the unconsumed rest until `consumed` is 0
  // or the state is not kMore. With kUntilClose kDone comes from finish() alone.
  Step decode(std::string_view input);

  // The peer will send no more. Done for kUntilClose, otherwise only if the end had been reached.
  State finish();

  bool done() const { return state_ == State::kDone; }
  std::string_view error() const { return error_; }  // a fixed sentence

 private:
  enum class Phase : uint8_t {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailer,
    kPlain
  };
  // How the trailer line under way looks so far.
  enum class TrailerLine : uint8_t { kStart, kName, kValue, kValueCr, kLastCr };
  Step take_data(std::string_view input, size_t at);
  std::string_view take_framing_byte(char c);
  std::string_view take_size_byte(char c);
  std::string_view take_extension_byte(char c);
  std::string_view take_trailer_byte(char c);
  Step fail(size_t consumed, std::string_view detail);

  Framing framing_;
  Phase phase_ = Phase::kPlain;
  State state_ = State::kDone;
  uint64_t room_ = UINT64_MAX;  // content bytes that further chunks may hold
  bool too_large_ = false;
  uint64_t left_ = 0;  // content bytes until the end of this chunk, or of the body
  uint32_t digits_ = 0;
  uint32_t extension_ = 0;  // bytes of this line's extension
  uint32_t extension_total_ = 0;
  uint32_t trailer_ = 0;  // bytes of the trailer section
  TrailerLine trailer_line_ = TrailerLine::kStart;
  std::string_view error_;
};

// The framing of a chunk on the way out: "1a2b\r\n" into `out` (at least 18 bytes), returns its
// length.
size_t write_chunk_size(uint64_t size, char* out);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace postern::http
