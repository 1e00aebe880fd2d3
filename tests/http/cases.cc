#include "http/cases.h"

#include <nlohmann/json.hpp>

#include "support/shared_cases.h"

namespace postern::http::test {
namespace {

using Json = nlohmann::json;

using postern::test::from_base64;
using postern::test::shared_cases;

std::vector<int> statuses(const Json& entry, const char* key) {
  return entry.value(key, std::vector<int>{});
}

RequestCase request_case(const Json& entry) {
  RequestCase c;
  c.id = entry.at("id");
  c.group = entry.at("group");
  c.name = entry.at("name");
  c.raw = from_base64(entry.at("raw_b64").get<std::string>());
  c.expect = entry.at("expect");
  c.also = entry.value("also", std::vector<std::string>{});
  c.status = statuses(entry, "status");
  c.upstream = entry.value("upstream", size_t{0});
  c.has_body = entry.contains("upstream_body_b64");
  if (c.has_body) c.body = from_base64(entry["upstream_body_b64"].get<std::string>());
  c.target = entry.value("upstream_target", "");
  c.then_status = statuses(entry, "then_status");
  return c;
}

ResponseCase response_case(const Json& entry) {
  ResponseCase c;
  c.id = entry.at("id");
  c.name = entry.at("name");
  c.raw = from_base64(entry.at("raw_b64").get<std::string>());
  c.expect = entry.at("expect");
  c.also = entry.value("also", std::vector<std::string>{});
  c.status = statuses(entry, "status");
  c.to_head = entry.at("request_method") == "HEAD";
  c.ends = entry.at("then") != "keep";
  c.body = from_base64(entry.value("body_b64", ""));
  c.has_reuse = entry.contains("reuse") && entry["reuse"].is_boolean();
  c.reuse = c.has_reuse && entry["reuse"].get<bool>();
  return c;
}

}  // namespace

const std::vector<RequestCase>& request_cases() {
  static const std::vector<RequestCase> kCases = [] {
    std::vector<RequestCase> cases;
    for (const Json& entry : shared_cases("http1-requests.json"))
      cases.push_back(request_case(entry));
    return cases;
  }();
  return kCases;
}

const std::vector<ResponseCase>& response_cases() {
  static const std::vector<ResponseCase> kCases = [] {
    std::vector<ResponseCase> cases;
    for (const Json& entry : shared_cases("http1-responses.json"))
      cases.push_back(response_case(entry));
    return cases;
  }();
  return kCases;
}

}  // namespace postern::http::test
