// The upstream interface: one call is one request and its answer, whatever protocol carries it.
//
// Shape after RFC 9113's flow control, so that an HTTP/1.1 pool and HTTP/2 streams both fit: bytes
// down are given back by credit(), bytes up are accepted by write(), cancel() may come at any time,
// and a call ends in exactly one of on_done or on_fail. Nothing below this interface retries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"
#include "http/writer.h"

namespace postern::http {

enum class FailKind : uint8_t {
  kUnreachable,  // name, connect or egress proxy
  kTls,          // handshake or verification
  kTimeout,      // connect, first byte, idle or total; `detail` says which
  kBroken,       // the answer broke a rule of RFC 9112, or ended before it was whole
  kClosed,       // the connection died before a byte of the answer
  kOverloaded,   // the queue for a connection is full
};

// How much of the request the peer may have seen.
enum class Sent : uint8_t { kNone, kMaybe, kHeadSeen };

struct Failure {
  FailKind kind = FailKind::kUnreachable;
  Sent sent = Sent::kNone;
  bool reused = false;  // the connection had carried an answer before: it may just have gone stale
  std::string_view stage = "";  // static: queue, resolve, connect, proxy, tls, request or response
  std::string detail;           // for the log and the problem body; no bytes of either message

  // Was the request provably not processed, or is it harmless to send it again? (RFC 9110 §9.2.2,
  // RFC 9112 §9.3.1)
  bool retry_safe(Method method) const {
    if (kind == FailKind::kClosed && sent == Sent::kNone) return true;
    return kind == FailKind::kClosed && sent == Sent::kMaybe && reused && is_idempotent(method);
  }
};

// What a call reports. On the loop thread, never from inside open(), write(), finish() or credit().
// Answers of class 1xx are not reported.
class UpstreamEvents {
 public:
  virtual ~UpstreamEvents() = default;
  virtual void on_sent(Instant now) = 0;  // the head is on its way: from here it may be processed
  virtual void on_head(const ResponseHead& head) = 0;  // views valid for the call
  virtual void on_body(std::string_view bytes) = 0;    // view valid for the call
  virtual void on_writable() = 0;                      // write() has room again
  virtual void on_done() = 0;                          // answer complete; last call
  virtual void on_fail(const Failure& failure) = 0;    // last call
};

// An index and a generation, not a pointer: a late word about a dead call falls on nothing.
struct CallId {
  uint32_t index = 0;
  uint32_t generation = 0;  // 0: no call
};

class Upstream {
 public:
  virtual ~Upstream() = default;

  // Always accepted; a refusal arrives by on_fail. The request's views must stay valid until
  // on_sent, on_fail or cancel. A framing that has a body expects write() and then finish(). The
  // events must outlive the call.
  virtual CallId open(const OutgoingRequest& request, UpstreamEvents& events) = 0;

  // Takes what there is room for and says how many bytes; less than all: wait for on_writable.
  virtual size_t write(CallId call, std::string_view bytes) = 0;
  virtual void finish(CallId call) = 0;               // end of the request body
  virtual void credit(CallId call, size_t size) = 0;  // the receiver has drained bytes of on_body
  virtual void cancel(CallId call) = 0;  // idempotent, from anywhere; no event after it

  virtual void warm() = 0;  // have one connection ready
};

// A call that is cancelled when its handle goes.
class Call final {
 public:
  Call() = default;
  Call(Upstream& upstream, CallId id) : upstream_(&upstream), id_(id) {}
  Call(Call&& other) noexcept : upstream_(other.upstream_), id_(other.id_) {
    other.upstream_ = nullptr;
  }
  Call& operator=(Call&& other) noexcept {
    if (this != &other) {
      cancel();
      upstream_ = other.upstream_;
      id_ = other.id_;
      other.upstream_ = nullptr;
    }
    return *this;
  }
  ~Call() { cancel(); }

  explicit operator bool() const { return upstream_ != nullptr; }
  size_t write(std::string_view bytes) { return upstream_->write(id_, bytes); }
  void finish() { upstream_->finish(id_); }
  void credit(size_t size) { upstream_->credit(id_, size); }
  void cancel() {
    if (upstream_ != nullptr) upstream_->cancel(id_);
    upstream_ = nullptr;
  }
  void forget() { upstream_ = nullptr; }  // after on_done or on_fail

 private:
  Upstream* upstream_ = nullptr;
  CallId id_;
};

}  // namespace postern::http
