// What the response cache costs a request that it answers, and one that it only looks at.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "relay/caching.h"
#include "relay/forward_headers.h"

namespace postern::relay {
namespace {

class StillClock final : public Clock {
 public:
  Instant now() const override { return Instant(std::chrono::hours(1)); }
  WallTime wall() const override { return {}; }
};

// Nothing waits here.
class NoTimers final : public Timers {
 public:
  std::unique_ptr<Timer> make(std::function<void()>) override { return std::make_unique<None>(); }

 private:
  struct None final : Timer {
    void set(Instant) override {}
    void set_soon() override {}
    void clear() override {}
  };
};

class Nobody final : public Caching::Holder {
 public:
  void on_recalled() override {}
  void on_to_be_sent() override {}
};

struct Setting {
  Setting() {
    options.enabled = true;
    head.method_text = "GET";
    head.target = head.path = "/api/0/organizations/acme/issues/";
    head.fields = {{"Host", "localhost:7979", http::FieldName::kHost},
                   {"User-Agent", "python-requests/2.28.1"},
                   {"Accept", "*/*", http::FieldName::kAccept},
                   {"Accept-Encoding", "gzip", http::FieldName::kAcceptEncoding}};
    grants::GrantOptions grant_options;
    grant_options.name = grant_options.organization = "acme";
    grant = std::make_unique<grants::Grant>(grant_options);
    grant->set_identity("1", "7");
    grant->adopt(std::make_shared<grants::Token>());
    answer.status = 200;
    answer.fields = {{"Content-Type", "application/json"}, {"Vary", "Accept-Language, Cookie"}};
    answer.framing = http::Framing::of_length(2600);
  }

  Caching::Visit::Turn begin(Caching::Visit& visit) {
    make_request_fields(head, {}, {}, sent_fields);
    return visit.begin({head,
                        sent_fields,
                        head.target,
                        catalogue.match(head.method, head.path),
                        *grant,
                        false,
                        {"127.0.0.1:7979 127.0.0.1 ", 3},
                        std::nullopt});
  }

  CacheOptions options;
  const policy::Catalogue catalogue = policy::Catalogue::built_in();
  StillClock clock;
  NoTimers timers;
  Nobody nobody;
  http::RequestHead head;
  http::ResponseHead answer;
  http::Fields sent_fields;
  std::unique_ptr<grants::Grant> grant;
  Caching caching{options, catalogue, clock, timers};
};

void cache_hit(benchmark::State& state) {
  Setting all;
  {
    Caching::Visit first(all.caching, all.nobody);
    all.begin(first);
    first.on_sent(all.clock.now());
    first.on_head(all.answer);
    first.add(std::string(2600, 'x'));
    first.on_done();
  }
  http::Fields out;
  for (auto _ : state) {
    Caching::Visit visit(all.caching, all.nobody);
    if (all.begin(visit) != Caching::Visit::Turn::kAnswer) return state.SkipWithError("no hit");
    make_response_fields(*visit.stored_head(), out);
    visit.append_fields(out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(cache_hit);

void cache_miss(benchmark::State& state) {
  Setting all;
  const std::string body(2600, 'x');
  all.head.fields.push_back({"Cache-Control", "no-cache"});
  for (auto _ : state) {
    Caching::Visit visit(all.caching, all.nobody);
    if (all.begin(visit) != Caching::Visit::Turn::kSend) return state.SkipWithError("no miss");
    visit.on_sent(all.clock.now());
    visit.on_head(all.answer);
    visit.add(body);
    visit.on_done();
  }
}
BENCHMARK(cache_miss);

}  // namespace
}  // namespace postern::relay
