// Heads on the way out: always built from parsed parts, framing always our own.
#pragma once

#include <string_view>

#include "base/buffer.h"
#include "base/clock.h"
#include "http/message.h"

namespace postern::http {

// What is sent upstream. The views must live until the call that was opened with it has been sent,
// failed or was cancelled. `fields` holds neither Host nor framing nor connection fields.
struct OutgoingRequest {
  Method method = Method::kGet;
  std::string_view method_text;
  std::string_view target;
  std::string_view authority;
  const Fields* fields = nullptr;
  Framing framing;
  bool fresh = false;  // not over a connection that has been idle: it may have gone stale
  Duration first_byte_timeout{};       // in place of the upstream's own; zero: that one
  Instant not_after = Instant::max();  // not sent later than that: it fails with kTimeout, unseen
};

// What is sent to the client. `fields` holds neither framing nor connection fields.
struct OutgoingResponse {
  int status = 200;
  std::string_view reason;
  const Fields* fields = nullptr;
  Framing framing;       // as the upstream declared it: kUntilClose becomes chunked or close below
  bool no_body = false;  // answer to HEAD: the framing is told, no body follows (RFC 9110 §9.3.2)
};

// How the connection goes on, decided by the one who owns it.
struct ConnectionWords {
  int peer_minor_version = 1;
  bool keep_alive = true;
};

void write_request(Buffer& out, const OutgoingRequest& request);

// Writes the head for this client and returns how the body behind it must be framed: kLength,
// kChunked (HTTP/1.1), kUntilClose (HTTP/1.0 without a length) or kNone.
Framing write_response(Buffer& out, const OutgoingResponse& response, ConnectionWords connection);

}  // namespace postern::http
