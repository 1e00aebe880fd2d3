// What reading a head, decoding a body and writing a head cost.
#include <benchmark/benchmark.h>

#include <string>

#include "base/buffer.h"
#include "http/body.h"
#include "http/parser.h"
#include "http/writer.h"

namespace postern::http {
namespace {

// What a Python client sends.
constexpr std::string_view kRequest =
    "GET /api/0/organizations/acme/issues/?query=is%3Aunresolved&limit=100 HTTP/1.1\r\n"
    "Host: localhost:7979\r\n"
    "User-Agent: python-requests/2.28.1\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept: */*\r\n"
    "Connection: keep-alive\r\n"
    "Authorization: Bearer dummy\r\n"
    "sentry-trace: 771a43a4192642f0b136d5159a501700-1234567890abcdef-1\r\n"
    "baggage: sentry-trace_id=771a43a4192642f0b136d5159a501700\r\n"
    "\r\n";

// What Sentry answers to a list.
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx\r\n"
    "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 2600\r\n"
    "Connection: keep-alive\r\n"
    "X-Sentry-Rate-Limit-Remaining: 39\r\n"
    "X-Sentry-Rate-Limit-Limit: 40\r\n"
    "X-Sentry-Rate-Limit-Reset: 1700000000\r\n"
    "X-Sentry-Rate-Limit-ConcurrentRemaining: 24\r\n"
    "X-Sentry-Rate-Limit-ConcurrentLimit: 25\r\n"
    "Vary: Accept-Language, Cookie\r\n"
    "Access-Control-Allow-Origin: *\r\n"
    "X-Frame-Options: deny\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Via: 1.1 google\r\n"
    "\r\n";

void count_bytes(benchmark::State& state, size_t each) {
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(each));
}

// A bench of a refusal would look fast.
bool require(benchmark::State& state, bool holds) {
  if (!holds) state.SkipWithError("the input was refused");
  return holds;
}

void request_head(benchmark::State& state) {
  RequestParser parser{HeadLimits{}};
  RequestHead head;
  for (auto _ : state) {
    parser.reset();
    if (!require(state, parser.parse(kRequest, head) == ParseState::kDone)) break;
    benchmark::DoNotOptimize(head.fields.data());
  }
  count_bytes(state, kRequest.size());
}
BENCHMARK(request_head);

// The same byte by byte: the cost must stay in proportion to the length, not to its square.
void request_head_in_single_bytes(benchmark::State& state) {
  RequestParser parser{HeadLimits{}};
  RequestHead head;
  for (auto _ : state) {
    parser.reset();
    ParseState result = ParseState::kNeedMore;
    for (size_t size = 1; size <= kRequest.size(); ++size)
      result = parser.parse(kRequest.substr(0, size), head);
    if (!require(state, result == ParseState::kDone)) break;
  }
  count_bytes(state, kRequest.size());
}
BENCHMARK(request_head_in_single_bytes);

// As many fields and bytes as the limits allow.
void request_head_at_its_limits(benchmark::State& state) {
  std::string bytes = "GET / HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 99; ++i) bytes += "x-filler: " + std::string(300, 'v') + "\r\n";
  bytes += "\r\n";
  RequestParser parser{HeadLimits{}};
  RequestHead head;
  for (auto _ : state) {
    parser.reset();
    if (!require(state, parser.parse(bytes, head) == ParseState::kDone)) break;
  }
  count_bytes(state, bytes.size());
}
BENCHMARK(request_head_at_its_limits);

void response_head(benchmark::State& state) {
  ResponseParser parser{HeadLimits{}};
  ResponseHead head;
  for (auto _ : state) {
    parser.reset();
    if (!require(state, parser.parse(kResponse, false, head) == ParseState::kDone)) break;
    benchmark::DoNotOptimize(head.fields.data());
  }
  count_bytes(state, kResponse.size());
}
BENCHMARK(response_head);

void write_request_head(benchmark::State& state) {
  RequestParser parser{HeadLimits{}};
  RequestHead head;
  if (!require(state, parser.parse(kRequest, head) == ParseState::kDone)) return;
  const OutgoingRequest request{head.method,    head.method_text, head.target,
                                head.authority, &head.fields,     head.framing};
  BlockPool pool;
  Buffer out(pool);
  for (auto _ : state) {
    write_request(out, request);
    benchmark::DoNotOptimize(out.data().data());
    out.consume(out.size());
  }
}
BENCHMARK(write_request_head);

// 64 KiB of content in chunks of the given size.
void chunks(benchmark::State& state) {
  const std::string content(static_cast<size_t>(state.range(0)), 'c');
  std::string bytes;
  for (size_t size = 0; size < 64 * 1024; size += content.size()) {
    char line[18];
    bytes.append(line, write_chunk_size(content.size(), line)).append(content).append(kChunkEnd);
  }
  bytes.append(kLastChunk);
  for (auto _ : state) {
    BodyDecoder decoder(Framing::chunked());
    std::string_view rest = bytes;
    BodyDecoder::Step step;
    do {
      step = decoder.decode(rest);
      rest.remove_prefix(step.consumed);
      benchmark::DoNotOptimize(step.data.data());
    } while (step.state == BodyDecoder::State::kMore && step.consumed > 0);
    if (!require(state, decoder.done())) break;
  }
  count_bytes(state, bytes.size());
}
BENCHMARK(chunks)->Arg(1)->Arg(64)->Arg(4096)->Arg(65536);

// A body with a length: the decoder only counts.
void length(benchmark::State& state) {
  const std::string content(64 * 1024, 'c');
  for (auto _ : state) {
    BodyDecoder decoder(Framing::of_length(content.size()));
    benchmark::DoNotOptimize(decoder.decode(content).data.data());
    if (!require(state, decoder.done())) break;
  }
}
BENCHMARK(length);

}  // namespace
}  // namespace postern::http
