// Consumers of a byte stream, built from the parsers and the body decoder as a server and a client
// would use them: bytes in by pieces, what was understood out. Also used by the fuzz targets.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http/body.h"
#include "http/message.h"
#include "http/parser.h"

namespace postern::http::test {

// Calls visit(prefix) for growing prefixes of `bytes` that end at each of the cuts, and then for
// the whole. Each prefix lies in memory of its own, which is gone afterwards, so that a stale view
// is a fault the sanitizers see; above 64 KiB the memory stays, to keep the cost linear.
template <class Visit>
void feed(std::string_view bytes, const std::vector<size_t>& cuts, Visit&& visit) {
  constexpr size_t kLargest = 64 * 1024;
  const auto pass = [&](size_t end) {
    if (bytes.size() > kLargest) return visit(bytes.substr(0, end));
    const std::vector<char> copy(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(end));
    visit(std::string_view(copy.data(), copy.size()));
  };
  for (const size_t cut : cuts) pass(cut);
  pass(bytes.size());
}

struct SeenRequest {
  std::string method;
  std::string target;
  std::string authority;
  std::string fields;  // "name: value\n" of each
  std::string body;
  bool operator==(const SeenRequest&) const = default;
};

struct RequestOutcome {
  std::vector<SeenRequest> requests;  // complete ones
  int status = 0;                     // of the refusal; 0: none
  std::string detail;
  size_t refused_after = 0;  // complete requests before it
  bool pending = false;      // a request has begun and is not complete
  bool operator==(const RequestOutcome&) const = default;
};

// Understands any number of requests; stops at a refusal.
RequestOutcome consume_requests(std::string_view bytes, const std::vector<size_t>& cuts);

struct ResponseOutcome {
  int status = 0;  // of the final answer; 0: none
  size_t interim = 0;
  std::string fields;
  std::string body;
  bool complete = false;
  bool reusable = false;  // complete, framed, and not a byte behind it
  std::string fault;      // empty: none
  bool operator==(const ResponseOutcome&) const = default;
};

// Understands one answer, 1xx before it included. `ends`: the peer closes behind the bytes.
ResponseOutcome consume_response(std::string_view bytes, const std::vector<size_t>& cuts,
                                 bool to_head, bool ends);

// Every position between two bytes.
std::vector<size_t> every_cut(size_t size);

}  // namespace postern::http::test
