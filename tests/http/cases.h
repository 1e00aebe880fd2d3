// The conformance cases of tests/conformance/*.json, as far as framing needs them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace postern::http::test {

struct RequestCase {
  std::string id;
  std::string group;
  std::string name;
  std::string raw;
  std::string expect;             // accept, reject-400, reject-any or close
  std::vector<std::string> also;  // tolerated in place of `expect`
  std::vector<int> status;        // allowed for a refusal; empty: any
  size_t upstream = 0;            // complete requests
  bool has_body = false;
  std::string body;  // of the first request
  std::string target;
  std::vector<int> then_status;  // of the one refusal behind the complete requests
};

struct ResponseCase {
  std::string id;
  std::string name;
  std::string raw;
  std::string expect;  // pass, 502 or cut
  std::vector<std::string> also;
  std::vector<int> status;
  bool to_head = false;
  bool ends = false;  // the peer closes behind the bytes
  std::string body;
  bool has_reuse = false;
  bool reuse = false;
};

// Read once; a file that cannot be read fails the test that asks.
const std::vector<RequestCase>& request_cases();
const std::vector<ResponseCase>& response_cases();

}  // namespace postern::http::test
