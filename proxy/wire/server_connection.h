// ServerConnection: one client's connection, from its first byte to its last.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "event/deadline.h"
#include "event/fd_watch.h"
#include "event/loop.h"
#include "http/body.h"
#include "http/parser.h"
#include "http/service.h"
#include "wire/handshakes.h"
#include "wire/listener.h"
#include "wire/socket.h"
#include "wire/tls.h"

namespace postern::wire {

class Server;

// What one request needs while it is being read and answered. Recycled by the server, so that an
// idle connection holds none of it.
struct ServerRequest {
  ServerRequest(const http::HeadLimits& limits, BlockPool& blocks)
      : parser(limits), head_bytes(blocks) {}
  void clear();

  enum class Body : uint8_t {
    kUnread,   // nobody has asked for it
    kReading,  // bytes go to the handler as they come
    kPaused,   // the handler has no room
    kDone,     // complete, or there is none
    kBroken,   // no further byte of it can be understood
  };

  http::RequestParser parser;
  http::RequestHead head;  // views into head_bytes
  Buffer head_bytes;
  http::BodyDecoder decoder;
  http::Caller caller;  // whom a trusted proxy calls for; else the connection's is meant
  std::string caller_address;
  std::unique_ptr<http::RequestHandler> handler;
  Body body = Body::kUnread;
  std::string_view untaken;      // decoded content that the handler had no room for
  size_t untaken_consumes = 0;   // bytes of the connection's input it stands for
  http::Framing answer_framing;  // as written to the client
  uint64_t answer_left = 0;      // kLength: content bytes still to come
  bool refused = false;          // the head was never understood
  bool close_after = false;
  bool answer_begun = false;
  bool answer_ended = false;
  bool answer_cut = false;
};

// Owned by the server. Events only note what has become possible; run() then does it, once per
// event, so no callback of the handler is ever below another one.
class ServerConnection final : public event::Disposable,
                               private event::FdEvents,
                               private event::Task,
                               private http::Responder {
 public:
  ServerConnection(Server& server, Socket socket, Listener& listener, const Address& peer);
  ~ServerConnection() override;

  bool is_idle() const {
    return state_ == State::kHandshake || (state_ == State::kHead && !request_);
  }
  bool has_served() const { return served_; }
  // Has the kernel bytes for it that nobody has looked at yet?
  bool has_bytes_waiting() const { return look(socket_.fd()) == Quiet::kBytesWaiting; }
  Instant waiting_since() const { return waiting_since_; }
  void give_way();  // REQUIRES: its handshake is under way
  void close();
  size_t index = 0;  // the server's place for it

 private:
  enum class State : uint8_t {
    kHandshake,  // of TLS
    kHead,       // between requests, or a head has begun
    kRequest,    // a handler is at work
    kLinger,     // all is said; reading on so that the client gets to see it (RFC 9112 §9.6)
    kClosed,
  };
  enum class Wait : uint8_t { kNothing, kHandshake, kIdle, kHead, kBody, kWrite, kLinger };

  // event::FdEvents, event::Task
  void on_ready(event::Readiness ready) noexcept override;
  void run() noexcept override;

  // http::Responder
  void accept_body(uint64_t limit) override;
  void resume_body() override;
  void send_head(const http::OutgoingResponse& response) override;
  void send_body(std::string_view bytes) override;
  void end() override;
  void cut() override;
  void close_after() override { request_->close_after = true; }
  bool congested() const override { return congested_; }

  // Each does one thing and says whether another step may be possible.
  bool step();
  bool shake_hands();
  bool read_head();
  bool serve();
  bool read_body();
  bool linger();

  void begin_handshake(const TlsServer& tls);
  void know_caller();
  bool is_still_trusted();
  void refuse_handshake();
  const http::Caller& caller_of_request();
  bool begin_request();
  void stop_reading();
  http::ParseError explained(const http::ParseError& error) const;
  void refuse(const http::ParseError& error);
  bool hand_over(std::string_view content, size_t consumed);
  void break_body(const http::ParseError& error);
  bool finish_request();
  void check_client();
  void lose(std::string_view reason);
  void begin_linger();
  void break_off();

  IoResult fill(Buffer& buffer);
  IoResult decipher(std::span<char> room);
  void flush();
  void push();
  void append_content(std::string_view bytes);
  void send_directly(std::string_view bytes);
  void update_deadline();
  void on_deadline();
  void rest();

  Server& server_;
  Listener& listener_;
  Socket socket_;
  uint32_t tls_number_ = 0;  // of the listener's TLS that knows the caller
  std::optional<Handshakes::Place> handshake_;
  std::unique_ptr<TlsStream> tls_;  // null: plain HTTP, or what is left is thrown away
  std::string address_;
  std::string name_;  // of the certificate
  http::Caller caller_;
  State state_ = State::kHead;
  Wait wait_ = Wait::kIdle;
  bool can_read_ = false;
  bool short_read_ = false;  // the last recv(2) brought less than there was room for
  bool can_write_ = true;
  bool look_ = false;        // something happened while nothing was to be read
  bool peer_ended_ = false;  // FIN has arrived, maybe behind bytes
  bool keep_alive_ = true;
  bool congested_ = false;
  bool send_failed_ = false;
  bool served_ = false;      // has answered a request
  bool progress_ = false;    // bytes have moved since the deadline was set
  size_t read_in_turn_ = 0;  // bytes, so that one client cannot keep the loop
  size_t lingered_ = 0;      // bytes thrown away
  Instant waiting_since_{};
  std::unique_ptr<ServerRequest> request_;
  Buffer in_;   // bytes behind the head
  Buffer out_;  // bytes the kernel has not taken yet
  event::Deadline deadline_;
  std::optional<event::FdWatch> watch_;
};

}  // namespace postern::wire
