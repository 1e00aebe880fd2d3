#include "http/body.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::http {
namespace {

using State = BodyDecoder::State;

struct Decoded {
  std::string content;
  size_t consumed = 0;
  State state = State::kMore;
  std::string error;
};

// Feeds `bytes` in pieces of `piece` bytes, as a connection would.
Decoded decode(Framing framing, std::string_view bytes, size_t piece = SIZE_MAX) {
  BodyDecoder decoder(framing);
  Decoded result;
  result.state = decoder.done() ? State::kDone : State::kMore;
  size_t arrived = 0;
  while (result.state == State::kMore && arrived < bytes.size()) {
    arrived += std::min(piece, bytes.size() - arrived);
    BodyDecoder::Step step;
    do {
      step = decoder.decode(bytes.substr(result.consumed, arrived - result.consumed));
      result.consumed += step.consumed;
      result.content.append(step.data);
      result.state = step.state;
    } while (step.state == State::kMore && step.consumed > 0);
  }
  result.error = std::string(decoder.error());
  return result;
}

Decoded chunked(std::string_view bytes, size_t piece = SIZE_MAX) {
  return decode(Framing::chunked(), bytes, piece);
}

TEST(BodyDecoder, NoBodyAndLengthZeroAreDoneAtOnce) {
  EXPECT_TRUE(BodyDecoder().done());
  EXPECT_TRUE(BodyDecoder(Framing::none()).done());
  EXPECT_TRUE(BodyDecoder(Framing::of_length(0)).done());
  EXPECT_EQ(decode(Framing::none(), "next").consumed, 0U);
}

TEST(BodyDecoder, LengthEndsExactly) {
  for (const size_t piece : {size_t{1}, size_t{3}, SIZE_MAX}) {
    const Decoded result = decode(Framing::of_length(5), "hellonext", piece);
    EXPECT_EQ(result.content, "hello");
    EXPECT_EQ(result.consumed, 5U);
    EXPECT_EQ(result.state, State::kDone);
  }
}

TEST(BodyDecoder, UntilCloseEndsByFinishAlone) {
  BodyDecoder decoder(Framing::until_close());
  EXPECT_EQ(decoder.decode("all").data, "all");
  EXPECT_FALSE(decoder.done());
  EXPECT_EQ(decoder.finish(), State::kDone);
  EXPECT_TRUE(decoder.done());
}

TEST(BodyDecoder, ABodyThatEndsEarlyIsAnError) {
  BodyDecoder length(Framing::of_length(5));
  length.decode("hell");
  EXPECT_EQ(length.finish(), State::kError);
  EXPECT_FALSE(length.error().empty());
  BodyDecoder chunks(Framing::chunked());
  chunks.decode("5\r\nhello\r\n0\r\n");
  EXPECT_EQ(chunks.finish(), State::kError);
  BodyDecoder complete(Framing::of_length(1));
  complete.decode("x");
  EXPECT_EQ(complete.finish(), State::kDone);
}

TEST(BodyDecoder, ChunksAreJoinedInAnyPieces) {
  const std::string bytes = "5\r\nhello\r\n00A;x=\"y\"\r\n, world..!\r\n0\r\nX-T: v\r\n\r\nnext";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Decoded result = chunked(bytes, piece);
    EXPECT_EQ(result.content, "hello, world..!");
    EXPECT_EQ(result.consumed, bytes.size() - 4);
    EXPECT_EQ(result.state, State::kDone) << result.error;
  }
}

TEST(BodyDecoder, ContentIsHandedOutAsAViewIntoTheInput) {
  const std::string bytes = "3\r\nabc\r\n";
  BodyDecoder decoder(Framing::chunked());
  const BodyDecoder::Step step = decoder.decode(bytes);
  EXPECT_EQ(step.data.data(), bytes.data() + 3);
  EXPECT_EQ(step.data, "abc");
}

TEST(BodyDecoder, OddChunkLinesAreErrors) {
  for (const char* bytes : {"\r\n", "x\r\n", "-5\r\n", "+5\r\n", " 5\r\n", "\t5\r\n", "0x5\r\n",
                            "5h\r\n", "5 \r\n", "5\n", "5\r\r", "5;\r\n", "5; a\r\n", "5;a\n",
                            "5;a\rb", "5;a\x01", "5,5\r\n", ";a\r\n", "5 ;a\r\n"})
    EXPECT_EQ(chunked(bytes).state, State::kError) << bytes;
  EXPECT_EQ(chunked(std::string_view("5\0", 2)).state, State::kError);
}

TEST(BodyDecoder, ChunkSizesAreBounded) {
  EXPECT_EQ(chunked("7fffffffffffffff\r\nx").state, State::kMore);
  EXPECT_EQ(chunked("8000000000000000\r\n").state, State::kError);
  EXPECT_EQ(chunked("0000000000000001\r\nx\r\n0\r\n\r\n").state, State::kDone);
  EXPECT_EQ(chunked("00000000000000001\r\n").state, State::kError);
  EXPECT_EQ(chunked("10000000000000005\r\n").state, State::kError);
}

TEST(BodyDecoder, AChunkIsFollowedByCrlf) {
  for (const char* bytes : {"1\r\nxy", "1\r\nx\n", "1\r\nx\rz", "1\r\nx0\r\n\r\n"})
    EXPECT_EQ(chunked(bytes).state, State::kError) << bytes;
}

TEST(BodyDecoder, ExtensionsAreBoundedPerLineAndPerBody) {
  EXPECT_EQ(chunked("1;" + std::string(256, 'e') + "\r\nx").state, State::kMore);
  EXPECT_EQ(chunked("1;" + std::string(257, 'e')).state, State::kError);
  const std::string chunk = "1;" + std::string(256, 'e') + "\r\nx\r\n";
  std::string bytes;
  for (int i = 0; i < 64; ++i) bytes += chunk;
  EXPECT_EQ(chunked(bytes).state, State::kMore);
  EXPECT_EQ(chunked(bytes + "1;e").state, State::kError);
}

TEST(BodyDecoder, TrailersAreCheckedLikeFieldsAndDropped) {
  EXPECT_EQ(chunked("0\r\nA: b\r\nC:\r\n\r\n").state, State::kDone);
  for (const char* trailer : {"nocolon\r\n", ": v\r\n", "A : b\r\n", " A: b\r\n", "A: b\n",
                              "A: b\r\n c\r\n", "A: \x01\r\n", "A: b\rc", "\rx"})
    EXPECT_EQ(chunked("0\r\n" + std::string(trailer) + "\r\n").state, State::kError) << trailer;
}

TEST(BodyDecoder, TrailersAreBounded) {
  // 8 KiB with the line end behind them.
  EXPECT_EQ(chunked("0\r\nA: " + std::string(8192 - 7, 'v') + "\r\n\r\n").state, State::kDone);
  EXPECT_EQ(chunked("0\r\nA: " + std::string(8192 - 6, 'v') + "\r\n\r\n").state, State::kError);
}

TEST(BodyDecoder, StaysInItsEndState) {
  BodyDecoder decoder(Framing::chunked());
  EXPECT_EQ(decoder.decode("x").state, State::kError);
  EXPECT_EQ(decoder.decode("0\r\n\r\n").state, State::kError);
  EXPECT_EQ(decoder.finish(), State::kError);
  decoder.start(Framing::of_length(1));
  EXPECT_EQ(decoder.decode("x").state, State::kDone);
  EXPECT_TRUE(decoder.error().empty());
}

TEST(ChunkSize, IsWrittenAsTheDecoderReadsIt) {
  for (const uint64_t size :
       {uint64_t{1}, uint64_t{15}, uint64_t{16}, uint64_t{0x1a2b}, uint64_t{0x7fffffffffffffff}}) {
    char text[18];
    const std::string line(text, write_chunk_size(size, text));
    EXPECT_EQ(std::stoull(line, nullptr, 16), size);
    EXPECT_EQ(chunked(line).state, State::kMore);
  }
  char text[18];
  EXPECT_EQ(std::string(text, write_chunk_size(0x1a2b, text)), "1a2b\r\n");
  EXPECT_EQ(write_chunk_size(UINT64_MAX, text), 18U);
  EXPECT_EQ(chunked(kLastChunk).state, State::kDone);
}

}  // namespace
}  // namespace postern::http
