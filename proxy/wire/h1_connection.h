// H1Connection: one TLS connection to the upstream, carrying one call after the other.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "event/deadline.h"
#include "event/fd_watch.h"
#include "event/loop.h"
#include "http/body.h"
#include "http/parser.h"
#include "http/upstream.h"
#include "wire/options.h"
#include "wire/socket.h"
#include "wire/tls.h"

namespace postern::wire {

class H1Connection;

// What a connection tells the pool that owns it.
class H1Owner {
 public:
  virtual ~H1Owner() = default;
  virtual void on_call_over(uint32_t slot) = 0;          // before the call's last event
  virtual void on_idle(H1Connection& connection) = 0;    // ready for another call
  virtual void on_closed(H1Connection& connection) = 0;  // take it out and dispose of it
};

// What the connections of a pool share.
struct H1Shared {
  event::Loop& loop;
  const UpstreamOptions& options;
  H1Owner& owner;
  BlockPool blocks;
  std::array<char, 64 * 1024> scratch;  // where answers are read; nothing in it outlives an event
};

// Owned by the pool. Events of a call come from the loop alone, never from inside start(), write(),
// finish(), credit() or abandon(). Loop thread.
class H1Connection final : public event::Disposable, private event::FdEvents, private event::Task {
 public:
  H1Connection(H1Shared& shared, Socket socket, std::unique_ptr<TlsStream> tls);

  // REQUIRES: idle. The views of `request` are used before this returns.
  void start(const http::OutgoingRequest& request, http::UpstreamEvents& events, uint32_t slot);
  size_t write(std::string_view bytes);
  void finish();
  void credit(size_t size);
  void abandon();  // the call is cancelled: no more events; an answer half read ends the connection

  bool is_fit();  // may an idle connection carry another call? (its end or stray bytes: no)
  void close();
  void free_buffers() { tls_->free_buffers(); }
  Instant idle_since() const { return idle_since_; }
  size_t index = 0;  // the pool's place for it

 private:
  enum class State : uint8_t { kIdle, kHead, kBody, kDead };

  void on_ready(event::Readiness ready) noexcept override;
  void run() noexcept override;

  void flush();
  void receive_answer();
  IoResult fill_scratch();
  void process(std::string_view bytes);
  bool process_head(std::string_view& rest);
  bool skip_informational();
  void process_body(std::string_view& rest);
  void ended(bool in_order);
  void complete(bool leftover);
  void fail(http::FailKind kind, std::string detail);
  bool is_quiet();
  bool is_busy() const { return state_ == State::kHead || state_ == State::kBody; }
  bool is_request_sent() const { return finished_ && out_.empty(); }
  void update_deadline();
  void on_deadline();

  H1Shared& shared_;
  Socket socket_;
  std::unique_ptr<TlsStream> tls_;
  State state_ = State::kIdle;
  bool reused_ = false;  // has carried an answer before

  // the call under way
  http::UpstreamEvents* events_ = nullptr;
  uint32_t slot_ = 0;
  uint32_t serial_ = 0;  // grows with each call: tells whether a callback has begun another
  http::Method method_ = http::Method::kGet;
  bool chunked_ = false;       // request framing
  bool sent_ = false;          // TLS has taken bytes of the request
  bool finished_ = false;      // the request body is complete
  bool wants_room_ = false;    // write() took less than it was given
  bool write_failed_ = false;  // the peer stopped reading; it may still have answered
  bool got_byte_ = false;      // of the answer
  bool paused_ = false;        // the receiver is behind by more than high_water
  bool want_receive_ = false;
  int informational_ = 0;
  Instant not_after_;         // nothing of the request is sent later
  bool looked_late_ = false;  // has read what was there when its time was up
  size_t outstanding_ = 0;    // content bytes handed out and not credited
  Instant idle_since_{};
  Instant call_ends_ = Instant::max();  // total timeout
  Instant head_due_ = Instant::max();   // once the request has gone
  Duration first_byte_timeout_{};
  std::string_view timeout_detail_;

  http::ResponseParser parser_;
  http::ResponseHead head_;
  http::BodyDecoder decoder_;
  Buffer in_;   // a head that has come in part
  Buffer out_;  // request bytes not yet taken by TLS
  event::Deadline deadline_;
  std::optional<event::FdWatch> watch_;
};

}  // namespace postern::wire
