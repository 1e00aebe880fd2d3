// What waiting costs: a request admitted to a queue of a given length and cancelled again, and one
// admitted, sent and answered without waiting.
#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "limits/governor.h"

namespace postern::limits {
namespace {

Options roomy() {
  Options options;
  options.max_queue = 1'000'000;
  options.max_queue_bytes = uint64_t{1} << 40;
  return options;
}

Request request_of(std::string_view caller, Seconds now) {
  Request request;
  request.user = "7";
  request.host = "sentry.io";
  request.group = "GET";
  request.route = "/api/0/organizations/{organization}/issues/";
  request.caller = caller;
  request.deadline = instant(now + 20);
  request.bytes = 2000;
  return request;
}

// Nothing has been answered yet, so that whatever comes after the first five calls waits.
void admit_and_cancel(benchmark::State& state) {
  Governor governor(roomy());
  std::vector<Permit> permits;
  std::vector<Ticket> tickets;
  for (int i = 0; i < 5; ++i)
    permits.push_back(
        std::move(std::get<Permit>(governor.admit(request_of("first", 10), instant(10)))));
  for (int64_t i = 0; i < state.range(0); ++i) {
    const std::string caller = "caller" + std::to_string(i % 100);
    auto admission = governor.admit(request_of(caller, 10), instant(10));
    tickets.push_back(std::move(std::get<Ticket>(admission)));
  }
  for (auto _ : state) {
    auto admission = governor.admit(request_of("caller7", 10), instant(10));
    benchmark::DoNotOptimize(admission);
  }
}
BENCHMARK(admit_and_cancel)->Arg(0)->Arg(1000)->Arg(100000);

void admit_send_answer(benchmark::State& state) {
  Governor governor(Options{});
  Answer answer;
  answer.headers.limit = 1'000'000;
  answer.headers.remaining = 999'999;
  answer.headers.concurrent_limit = 25;
  answer.headers.concurrent_remaining = 24;
  Seconds now = 10;
  for (auto _ : state) {
    now += 0.001;
    answer.headers.reset = static_cast<int64_t>(now) + 1'700'000'001;
    auto admission = governor.admit(request_of("caller", now), instant(now));
    auto* permit = std::get_if<Permit>(&admission);
    if (permit == nullptr) continue;
    permit->on_sent(instant(now));
    benchmark::DoNotOptimize(permit->on_answer(answer, instant(now + 0.0005)));
  }
}
BENCHMARK(admit_send_answer);

}  // namespace
}  // namespace postern::limits
