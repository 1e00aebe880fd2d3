#include "http/body.h"

#include <algorithm>

#include "http/chars.h"

namespace postern::http {
namespace {

constexpr uint32_t kMaxDigits = 16;
constexpr uint64_t kMaxChunk = (uint64_t{1} << 63) - 1;
constexpr uint32_t kMaxExtension = 256;
constexpr uint32_t kMaxExtensions = 16 * 1024;
constexpr uint32_t kMaxTrailer = 8 * 1024;

constexpr std::string_view kEarlyEnd = "the body ended before it was whole";

constexpr uint64_t hex_value(char c) {
  return static_cast<uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

}  // namespace

void BodyDecoder::start(Framing framing) {
  *this = BodyDecoder();
  framing_ = framing;
  state_ = State::kMore;
  switch (framing.kind) {
    case Framing::Kind::kNone:
      state_ = State::kDone;
      break;
    case Framing::Kind::kLength:
      left_ = framing.length;
      if (left_ == 0) state_ = State::kDone;
      break;
    case Framing::Kind::kChunked:
      phase_ = Phase::kSize;
      break;
    case Framing::Kind::kUntilClose:
      break;
  }
}

BodyDecoder::Step BodyDecoder::decode(std::string_view input) {
  if (state_ != State::kMore) return {0, {}, state_};
  if (framing_.kind == Framing::Kind::kUntilClose) return {input.size(), input, state_};
  if (framing_.kind == Framing::Kind::kLength) return take_data(input, 0);
  size_t at = 0;
  while (at < input.size()) {
    if (phase_ == Phase::kData) return take_data(input, at);
    const std::string_view fault = take_framing_byte(input[at]);
    if (!fault.empty()) return fail(at, fault);
    ++at;
    if (state_ == State::kDone) break;
  }
  return {at, {}, state_};
}

BodyDecoder::State BodyDecoder::finish() {
  if (state_ != State::kMore) return state_;
  if (framing_.kind == Framing::Kind::kUntilClose) return state_ = State::kDone;
  return fail(0, kEarlyEnd).state;
}

BodyDecoder::Step BodyDecoder::take_data(std::string_view input, size_t at) {
  const std::string_view data =
      input.substr(at, static_cast<size_t>(std::min<uint64_t>(input.size() - at, left_)));
  left_ -= data.size();
  if (left_ == 0 && framing_.kind == Framing::Kind::kLength) state_ = State::kDone;
  if (left_ == 0) phase_ = Phase::kDataCr;
  return {at + data.size(), data, state_};
}

// The chunked coding but its content, a byte at a time; empty when all is well.
std::string_view BodyDecoder::take_framing_byte(char c) {
  switch (phase_) {
    case Phase::kSize:
      return take_size_byte(c);
    case Phase::kExtension:
      return take_extension_byte(c);
    case Phase::kSizeLf:
      if (c != '\n') return "CR without LF in a chunk line";
      if (left_ > room_) {
        too_large_ = true;
        return "the body is larger than allowed";
      }
      room_ -= left_;
      phase_ = left_ > 0 ? Phase::kData : Phase::kTrailer;
      digits_ = 0;
      return {};
    case Phase::kDataCr:
      if (c != '\r') return "a chunk is not followed by CRLF";
      phase_ = Phase::kDataLf;
      return {};
    case Phase::kDataLf:
      if (c != '\n') return "a chunk is not followed by CRLF";
      phase_ = Phase::kSize;
      return {};
    case Phase::kTrailer:
      return take_trailer_byte(c);
    case Phase::kData:
    case Phase::kPlain:
      break;
  }
  return "a byte outside the chunked coding";
}

std::string_view BodyDecoder::take_size_byte(char c) {
  if (chars::is(c, chars::kHex)) {
    if (++digits_ > kMaxDigits) return "a chunk size has too many digits";
    left_ = left_ << 4 | hex_value(c);
    if (left_ > kMaxChunk) return "a chunk size is too large";
    return {};
  }
  if (digits_ == 0) return "a chunk does not begin with its size";
  if (c == '\r') {
    phase_ = Phase::kSizeLf;
    return {};
  }
  if (c != ';') return "a chunk size is not hexadecimal digits alone";
  phase_ = Phase::kExtension;
  extension_ = 0;
  return {};
}

std::string_view BodyDecoder::take_extension_byte(char c) {
  if (c == '\r' && extension_ > 0) {
    phase_ = Phase::kSizeLf;
    return {};
  }
  const uint8_t allowed = extension_ == 0 ? chars::kToken : chars::kValue;
  if (!chars::is(c, allowed)) return "a chunk extension holds a byte that is not allowed";
  if (++extension_ > kMaxExtension) return "a chunk extension is too long";
  if (++extension_total_ > kMaxExtensions) return "the chunk extensions are too long together";
  return {};
}

std::string_view BodyDecoder::take_trailer_byte(char c) {
  if (++trailer_ > kMaxTrailer) return "the trailer section is too long";
  switch (trailer_line_) {
    case TrailerLine::kStart:
      trailer_line_ = c == '\r' ? TrailerLine::kLastCr : TrailerLine::kName;
      return c == '\r' || chars::is(c, chars::kToken) ? "" : "a trailer field has an odd name";
    case TrailerLine::kName:
      if (c == ':') trailer_line_ = TrailerLine::kValue;
      return c == ':' || chars::is(c, chars::kToken) ? "" : "a trailer field has an odd name";
    case TrailerLine::kValue:
      if (c == '\r') trailer_line_ = TrailerLine::kValueCr;
      return c == '\r' || chars::is(c, chars::kValue) ? "" : "a trailer field has an odd value";
    case TrailerLine::kValueCr:
      trailer_line_ = TrailerLine::kStart;
      return c == '\n' ? "" : "CR without LF in a trailer field";
    case TrailerLine::kLastCr:
      break;
  }
  state_ = State::kDone;
  return c == '\n' ? "" : "CR without LF behind the trailer section";
}

BodyDecoder::Step BodyDecoder::fail(size_t consumed, std::string_view detail) {
  state_ = State::kError;
  error_ = detail;
  return {consumed, {}, state_};
}

size_t write_chunk_size(uint64_t size, char* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  int shift = 60;
  while (shift > 0 && size >> shift == 0) shift -= 4;
  size_t length = 0;
  for (; shift >= 0; shift -= 4) out[length++] = kDigits[size >> shift & 15];
  out[length++] = '\r';
  out[length++] = '\n';
  return length;
}

}  // namespace postern::http
