// Inspector: the last requests, for the status page and GET /api/requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fixed_text.h"
#include "relay/body_tap.h"
#include "relay/observer.h"

namespace postern::admin {

// The beginning of a body, without tokens. Its text has its memory from the start, and cuts.
struct InspectedBody {
  std::string text;    // UTF-8
  FixedText<24> form;  // "text", or what it is that is not shown; empty: there was none, or is off
  bool is_cut = false;
};

// What is kept of a request that is over: what happened to it, not what was in it but for its
// bodies, where that is wished. The path is left out, since callers put into paths what they should
// not; the log has it, by `request_id`.
struct InspectedRequest {
  uint64_t number = 0;  // from 1, in the order in which they ended
  WallTime ended_at{};
  FixedText<16> method;
  FixedText<128> route;
  int status = 0;  // 0: the client left before an answer
  FixedText<8> origin;
  FixedText<12> cache;
  FixedText<40> code;
  FixedText<160> reason;
  FixedText<32> missing_scope;
  FixedText<64> grant;
  FixedText<64> listener;
  FixedText<48> client;
  FixedText<64> request_id;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  Duration queue{};
  Duration upstream{};
  Duration total{};
  int attempts = 0;
  int limited = 0;
  InspectedBody request_body;
  InspectedBody response_body;
};

// A ring of `most` requests, and of `most_of_body` bytes of each of their two bodies, allocated
// once; longer texts are cut. Loop thread; `clock` must outlive it.
class Inspector final : public relay::Observer {
 public:
  Inspector(const Clock& clock, size_t most, size_t most_of_body = 0);

  void on_finished(const relay::AccessRecord& record) override;

  size_t most() const { return ring_.size(); }  // 0: switched off
  uint64_t total() const { return total_; }     // since the start
  size_t size() const { return total_ < ring_.size() ? static_cast<size_t>(total_) : most(); }
  // REQUIRES: back < size(). 0 is the newest.
  const InspectedRequest& newest(size_t back) const;

 private:
  void set_body(InspectedBody& kept, const relay::ReadableBody& body) const;

  const Clock& clock_;
  const size_t most_of_body_;
  std::vector<InspectedRequest> ring_;
  uint64_t total_ = 0;
};

// The document of GET /api/requests, the newest first.
std::string format_requests(const Inspector& inspector);

}  // namespace postern::admin
