// H1Pool: the upstream over HTTP/1.1, with connections kept for the next call.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "http/upstream.h"
#include "wire/connect_trouble.h"
#include "wire/connector.h"
#include "wire/h1_connection.h"
#include "wire/options.h"
#include "wire/pool_status.h"

namespace postern::wire {

// One per upstream origin. The connection used last is used next, so that the others can grow old
// and go. A call that finds none waits in line for the first to be free or new, and at most
// max_handshakes are being made at once. Loop thread.
class H1Pool final : public http::Upstream,
                     private H1Owner,
                     private ConnectorEvents,
                     private event::Task {
 public:
  // The error says which setting cannot be used and why. The resolver must outlive the pool.
  static Result<std::unique_ptr<H1Pool>> make(event::Loop& loop, Resolver& resolver,
                                              log::Logger& logger, const UpstreamOptions& options);
  ~H1Pool() override;

  // Timeouts and bounds from now on; the way to the origin and what bounds a head stay.
  void set_options(const UpstreamOptions& options);

  http::CallId open(const http::OutgoingRequest& request, http::UpstreamEvents& events) override;
  size_t write(http::CallId call, std::string_view bytes) override;
  void finish(http::CallId call) override;
  void credit(http::CallId call, size_t size) override;
  void cancel(http::CallId call) override;
  void warm() override;

  PoolStatus status() const;
  const std::string& url() const { return options_.url; }

 private:
  struct Slot {
    uint32_t generation = 1;
    http::UpstreamEvents* events = nullptr;  // null: free
    http::OutgoingRequest request;           // while waiting
    H1Connection* connection = nullptr;
    Instant waiting_since{};
    bool finished = false;  // finish() came while waiting
    bool wants_room = false;
  };

  H1Pool(event::Loop& loop, Resolver& resolver, log::Logger& logger, const UpstreamOptions& options,
         Destination destination, std::unique_ptr<TlsContext> tls);

  void run() noexcept override;  // tells failures found inside open()
  void on_call_over(uint32_t slot) override;
  void on_idle(H1Connection& connection) override;
  void on_closed(H1Connection& connection) override;
  void on_connected(Connector& connector, Socket socket, std::unique_ptr<TlsStream> tls) override;
  void on_connect_failed(Connector& connector, const http::Failure& failure) override;

  Slot* find(http::CallId call);
  http::CallId take_slot();
  void free_slot(uint32_t index);
  H1Connection* take_idle();
  void attach(uint32_t index, H1Connection& connection);
  bool serve_next(H1Connection& connection);
  void connect_more();
  void connect();
  void fail_later(http::CallId call, http::FailKind kind, std::string detail);
  void fail_waiting(const http::Failure& failure);
  void forget(Connector& connector);
  void expire_waiting();
  void sweep();

  event::Loop& loop_;
  Resolver& resolver_;
  log::Logger& logger_;
  UpstreamOptions options_;
  Destination destination_;
  std::unique_ptr<TlsContext> tls_;
  H1Shared shared_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  std::deque<http::CallId> waiting_;
  std::vector<std::pair<http::CallId, http::Failure>> failed_;
  std::vector<std::unique_ptr<Connector>> connectors_;
  std::vector<std::unique_ptr<H1Connection>> connections_;
  std::vector<H1Connection*> idle_;  // the one used last is at the back
  PoolCounters counters_;
  std::optional<http::Failure> last_failure_;  // of connecting, until a connection works
  ConnectTrouble trouble_;
  event::Deadline queue_deadline_;
  event::Deadline retry_connect_;
  event::Deadline sweep_deadline_;
};

}  // namespace postern::wire
