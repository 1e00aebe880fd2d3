// What the pure pieces cost a request: guard, target, fields of both ways, URLs of a page.
#include <benchmark/benchmark.h>

#include <string>

#include "policy/target.h"
#include "relay/forward_headers.h"
#include "relay/guard.h"
#include "relay/rewrite.h"

namespace postern::relay {
namespace {

using http::Field;
using http::FieldName;

void add(http::Fields& fields, std::string_view name, std::string_view value) {
  fields.push_back({name, value, http::field_name(name)});
}

// What a Python client sends.
http::RequestHead request_head() {
  http::RequestHead head;
  head.method_text = "GET";
  head.path = "/api/0/organizations/acme/issues/";
  head.authority = "localhost:7979";
  add(head.fields, "Host", "localhost:7979");
  add(head.fields, "User-Agent", "python-requests/2.28.1");
  add(head.fields, "Accept-Encoding", "gzip, deflate, br");
  add(head.fields, "Accept", "*/*");
  add(head.fields, "Connection", "keep-alive");
  add(head.fields, "Authorization", "Bearer dummy");
  add(head.fields, "sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-1");
  add(head.fields, "baggage", "sentry-trace_id=771a43a4192642f0b136d5159a501700");
  return head;
}

// What Sentry answers to a list.
http::ResponseHead response_head() {
  http::ResponseHead head;
  head.status = 200;
  add(head.fields, "Server", "nginx");
  add(head.fields, "Date", "Tue, 15 Nov 1994 08:12:31 GMT");
  add(head.fields, "Content-Type", "application/json");
  add(head.fields, "Content-Length", "2600");
  add(head.fields, "Connection", "keep-alive");
  add(head.fields, "X-Sentry-Rate-Limit-Remaining", "39");
  add(head.fields, "X-Sentry-Rate-Limit-Limit", "40");
  add(head.fields, "X-Sentry-Rate-Limit-Reset", "1700000000");
  add(head.fields, "X-Sentry-Rate-Limit-ConcurrentRemaining", "24");
  add(head.fields, "X-Sentry-Rate-Limit-ConcurrentLimit", "25");
  add(head.fields, "Vary", "Accept-Language, Cookie");
  add(head.fields, "Access-Control-Allow-Origin", "*");
  add(head.fields, "X-Frame-Options", "deny");
  add(head.fields, "Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload");
  add(head.fields, "X-Content-Type-Options", "nosniff");
  add(head.fields, "Via", "1.1 google");
  return head;
}

void guard(benchmark::State& state) {
  const Guard guard{GuardOptions{}};
  const http::RequestHead head = request_head();
  const http::Caller caller;
  for (auto _ : state) benchmark::DoNotOptimize(guard.refuse(head, caller).has_value());
}
BENCHMARK(guard);

void classify(benchmark::State& state) {
  const http::RequestHead head = request_head();
  for (auto _ : state) benchmark::DoNotOptimize(policy::classify(head.path));
}
BENCHMARK(classify);

void request_fields(benchmark::State& state) {
  const http::RequestHead head = request_head();
  const std::string bearer = "Bearer " + std::string(64, 'a');
  http::Fields out;
  for (auto _ : state) {
    make_request_fields(head, "0123456789abcdef", bearer, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(request_fields);

void response_fields(benchmark::State& state) {
  const http::ResponseHead head = response_head();
  http::Fields out;
  for (auto _ : state) {
    make_response_fields(head, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(response_fields);

// A Connection field made to cost as much as it can: beside the one above, it shows the bound.
void request_fields_many_nominations(benchmark::State& state) {
  http::RequestHead head = request_head();
  std::string names;
  for (int i = 0; i < 4000; ++i) names += "x,";
  add(head.fields, "Connection", names);
  while (head.fields.size() < 100) add(head.fields, "x-filler", "1");
  http::Fields out;
  for (auto _ : state) {
    make_request_fields(head, {}, "Bearer t", out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(request_fields_many_nominations);

void link_of_a_page(benchmark::State& state) {
  const UrlRewriter rewriter("https://sentry.io", {"us", "de"}, "acme");
  const std::string url =
      "<https://us.sentry.io/api/0/organizations/acme/issues/"
      "?query=is%3Aunresolved&cursor=0:100:0>";
  const std::string value = url + "; rel=\"previous\"; results=\"false\"; cursor=\"0:0:1\", " +
                            url + "; rel=\"next\"; results=\"true\"; cursor=\"0:100:0\"";
  std::string out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(rewriter.rewrite_link(value, "localhost:7979", out));
  }
}
BENCHMARK(link_of_a_page);

}  // namespace
}  // namespace postern::relay
