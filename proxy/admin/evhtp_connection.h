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
  bool is_answering() const {
    return phase_ == Phase::kPreparing || phase_ == Phase::kAnswering ||
           phase_ == Phase::kStreaming;
  }
  Instant since() const { return since_; }
  Response take_response();  // for libevhtp, which asks once
  std::function<void()> take_then() { return std::move(then_); }
  void drop();  // closes at once; `this` is gone afterwards
  // Reads what has come and no event has told of yet, and writes as much of an answer as goes out
  // at once. `this` may be gone afterwards: answered.
  void serve_now();

 private:
  enum class Phase : uint8_t {
    kReading,    // until the request is whole
    kPreparing,  // until its answer is there (Response::later)
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
  void prepare();
  void on_prepared(Response response);
  void reply(Response response);
  void stream(const Response& response);
  void refuse(const relay::Problem& problem);
  void linger();
  void on_deadline();

  EvhtpServer& server_;
  evhtp_connection* raw_;
  http::Caller caller_;
  relay::Guard guard_;
  RequestReader reader_;
  event::Deadline deadline_;
  Instant since_;
  Phase phase_ = Phase::kReading;
  Work work_;  // while preparing
  Response response_;
  std::function<void()> then_;  // Response::then
  std::unique_ptr<Follower> follower_;
  // libevhtp's own
  Call its_read_ = nullptr;
  Call its_write_ = nullptr;
  void* its_argument_ = nullptr;
};

}  // namespace postern::admin
