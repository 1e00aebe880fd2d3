// EvhtpConnection: one caller of the control plane, from accept to close.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "admin/page.h"
#include "admin/request_reader.h"
#include "base/clock.h"
#include "event/deadline.h"

struct bufferevent;
struct evhtp_connection;

namespace postern::admin {

class EvhtpServer;

// Owned by the server, which forgets it when libevhtp frees the connection underneath. It stands
// between libevent and libevhtp's own callbacks. Loop thread.
class EvhtpConnection final : private Stream {
 public:
  EvhtpConnection(EvhtpServer& server, evhtp_connection* raw);

  const RequestReader& reader() const { return reader_; }
  bool may_change() const;
  bool is_reading() const { return phase_ == Phase::kReading; }
  bool is_answering() const { return phase_ == Phase::kAnswering || phase_ == Phase::kStreaming; }
  Instant since() const { return since_; }
  void set_then(std::function<void()> then) { then_ = std::move(then); }  // Response::then
  std::function<void()> take_then() { return std::move(then_); }
  // In place of libevhtp's reply, which it is not asked for: REQUIRES: `response` is a stream.
  void follow(const Response& response);
  void drop();  // closes at once; `this` is gone afterwards

 private:
  enum class Phase : uint8_t {
    kReading,    // until the request is whole
    kAnswering,  // libevhtp writes its reply and closes
    kStreaming,  // an answer of ours that goes on until the caller leaves
    kRefusing,   // our own answer is being written
    kLingering,  // written: what the caller still sends is thrown away, so that it can read ours
  };
  using Call = void (*)(bufferevent*, void*);

  void send(std::string_view bytes) override;
  static void on_readable(bufferevent* raw, void* self);
  static void on_written(bufferevent* raw, void* self);
  static void on_event(bufferevent* raw, short what, void* self);
  void read();
  void hand_over();
  void refuse(const relay::Problem& problem);
  void linger();
  void on_deadline();

  EvhtpServer& server_;
  evhtp_connection* raw_;
  http::Caller caller_;
  RequestReader reader_;
  event::Deadline deadline_;
  Instant since_;
  Phase phase_ = Phase::kReading;
  std::function<void()> then_;
  std::unique_ptr<Follower> follower_;
  // libevhtp's own
  Call its_read_ = nullptr;
  Call its_write_ = nullptr;
  void* its_argument_ = nullptr;
};

}  // namespace postern::admin
