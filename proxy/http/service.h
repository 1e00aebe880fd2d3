// The caller's side of one exchange: what a server offers to whoever answers its requests.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"
#include "http/parser.h"
#include "http/writer.h"

namespace postern::http {

// Who is calling, known from the socket and from no header but a trusted proxy's. Lives as long as
// the handler of the request.
struct Caller {
  std::string_view listener;       // the listen address it came in by, as bound
  std::string_view address;        // "127.0.0.1:51234", or "unix" for a unix socket
  std::string_view grant_ceiling;  // the listener's grant; empty: any
  std::optional<uint32_t> uid;     // unix sockets only
  bool uid_allowed = true;         // false: the listener lists uids and this is none of them
  std::string_view listener_name =
      {};                      // what rules call it: its name, else its address as configured
  std::string_view name = {};  // of its certificate, where the listener asks for one
  bool name_allowed = true;    // false: the listener lists names and this is none of them
  bool is_secure = false;      // it speaks TLS
  // The peer is a trusted proxy; `address` is the one that it names, "10.1.2.3", if it names one.
  bool is_behind_proxy = false;
};

// The answer's way to the client. Owned by the connection, valid until the handler is destroyed.
// Loop thread. Nothing is written before the current event has been dealt with, then all at once.
class Responder {
 public:
  virtual ~Responder() = default;

  // Starts reading the request body; answers `Expect: 100-continue`. Never called: the body is
  // discarded or the connection closed after the answer.
  // `limit`: bytes of content; more of it is an on_request_error() with status 413.
  virtual void accept_body(uint64_t limit) = 0;
  virtual void resume_body() = 0;  // on_request_body() took less than it was given and has room now

  virtual void close_after() = 0;  // say Connection: close. REQUIRES: before send_head
  virtual void send_head(const OutgoingResponse& response) = 0;
  virtual void send_body(std::string_view bytes) = 0;  // copied or sent before the call returns
  virtual void end() = 0;  // the answer is complete; the handler is destroyed soon after
  virtual void cut() = 0;  // the answer cannot be completed: close so that the client can tell
  // The client takes bytes more slowly than they come: hold back what can be held back until
  // on_drained().
  virtual bool congested() const = 0;
};

// Answers one request. Destroying it cancels whatever it holds; the connection does so when the
// client is gone, and after the answer has been sent.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual size_t on_request_body(std::string_view bytes) = 0;  // returns how many bytes it took
  virtual void on_request_end() = 0;
  virtual void on_drained() = 0;  // congested() has turned false
  virtual void on_request_error(
      const ParseError& error) = 0;  // the body broke its framing or limit
  // The connection is over; destroyed next. `reason` is a fixed word for the log.
  virtual void on_gone(std::string_view reason) = 0;
};

class Service {
 public:
  virtual ~Service() = default;
  // `head` and `caller` stay valid until the handler is destroyed. The handler may answer at once.
  virtual std::unique_ptr<RequestHandler> handle(const RequestHead& head, const Caller& caller,
                                                 Responder& responder) = 0;
  // A request that never became a head. Answer it; the connection closes afterwards.
  virtual std::unique_ptr<RequestHandler> refuse(const ParseError& error, const Caller& caller,
                                                 Responder& responder) = 0;
};

}  // namespace postern::http
