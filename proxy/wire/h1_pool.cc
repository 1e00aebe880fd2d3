#include "wire/h1_pool.h"

#include <algorithm>
#include <utility>

namespace postern::wire {
namespace {

constexpr Duration kSweep = std::chrono::seconds(1);
constexpr Duration kRetryConnect = std::chrono::seconds(1);

}  // namespace

Result<std::unique_ptr<H1Pool>> H1Pool::make(event::Loop& loop, Resolver& resolver,
                                             log::Logger& logger, const UpstreamOptions& options) {
  auto origin = parse_origin(options.url);
  if (!origin) return postern::fail("sentry.url " + options.url + ": " + origin.error().what);
  if (!origin->tls)
    return postern::fail("sentry.url " + options.url + ": only https:// can carry a token");
  auto proxy = egress_proxy_for(origin->where.host, options.egress_proxy);
  if (!proxy) return tl::unexpected(proxy.error());
  auto tls = TlsContext::make(options.tls);
  if (!tls) return tl::unexpected(tls.error());
  return std::unique_ptr<H1Pool>(
      new H1Pool(loop, resolver, logger, options,
                 Destination{origin->where, *proxy, options.connect_timeout}, std::move(*tls)));
}

H1Pool::H1Pool(event::Loop& loop, Resolver& resolver, log::Logger& logger,
               const UpstreamOptions& options, Destination destination,
               std::unique_ptr<TlsContext> tls)
    : event::Task(loop),
      loop_(loop),
      resolver_(resolver),
      logger_(logger),
      options_(options),
      destination_(std::move(destination)),
      tls_(std::move(tls)),
      shared_{loop, options_, *this, BlockPool(), {}},
      queue_deadline_(loop, [this] { expire_waiting(); }),
      retry_connect_(loop, [this] { connect_more(); }),
      sweep_deadline_(loop, [this] { sweep(); }) {}

H1Pool::~H1Pool() = default;

void H1Pool::set_options(const UpstreamOptions& options) {
  UpstreamOptions next = options;
  next.url = options_.url;
  next.tls = options_.tls;
  next.egress_proxy = options_.egress_proxy;
  next.limits = options_.limits;
  options_ = std::move(next);
  destination_.timeout = options_.connect_timeout;
  connect_more();
}

// ------------------------------------------------------------------------------------------ calls

http::CallId H1Pool::take_slot() {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  return {index, slots_[index].generation};
}

void H1Pool::free_slot(uint32_t index) {
  uint32_t next = slots_[index].generation + 1;
  slots_[index] = Slot{};
  slots_[index].generation = next != 0 ? next : 1;  // 0 is "no call"
  free_slots_.push_back(index);
}

H1Pool::Slot* H1Pool::find(http::CallId call) {
  if (call.generation == 0 || call.index >= slots_.size()) return nullptr;
  Slot& slot = slots_[call.index];
  return slot.generation == call.generation && slot.events != nullptr ? &slot : nullptr;
}

http::CallId H1Pool::open(const http::OutgoingRequest& request, http::UpstreamEvents& events) {
  http::CallId call = take_slot();
  Slot& slot = slots_[call.index];
  slot.events = &events;
  slot.request = request;
  if (H1Connection* connection = waiting_.empty() && !request.fresh ? take_idle() : nullptr) {
    attach(call.index, *connection);
  } else if (waiting_.size() >= options_.max_waiting) {
    fail_later(call, http::FailKind::kOverloaded, "too many requests wait for a connection");
  } else {
    slot.waiting_since = loop_.now();
    waiting_.push_back(call);
    if (!queue_deadline_.is_set()) queue_deadline_.set(slot.waiting_since + options_.queue_timeout);
    // A fresh connection must not be kept from being made by those it is meant to replace.
    if (request.fresh && connections_.size() >= options_.max_connections && !idle_.empty())
      idle_.front()->close();
    connect_more();
  }
  return call;
}

void H1Pool::attach(uint32_t index, H1Connection& connection) {
  Slot& slot = slots_[index];
  slot.connection = &connection;
  connection.start(slot.request, *slot.events, index);
  if (slot.finished) connection.finish();
}

size_t H1Pool::write(http::CallId call, std::string_view bytes) {
  Slot* slot = find(call);
  if (slot == nullptr) return 0;
  if (slot->connection != nullptr) return slot->connection->write(bytes);
  slot->wants_room = true;
  return 0;
}

void H1Pool::finish(http::CallId call) {
  Slot* slot = find(call);
  if (slot == nullptr) return;
  slot->finished = true;
  if (slot->connection != nullptr) slot->connection->finish();
}

void H1Pool::credit(http::CallId call, size_t size) {
  Slot* slot = find(call);
  if (slot != nullptr && slot->connection != nullptr) slot->connection->credit(size);
}

void H1Pool::cancel(http::CallId call) {
  Slot* slot = find(call);
  if (slot == nullptr) return;
  if (slot->connection != nullptr) return slot->connection->abandon();
  std::erase_if(waiting_, [&](const http::CallId& id) { return id.index == call.index; });
  free_slot(call.index);
}

void H1Pool::on_call_over(uint32_t slot) {
  free_slot(slot);
}

void H1Pool::fail_later(http::CallId call, http::FailKind kind, std::string detail) {
  http::Failure failure;
  failure.kind = kind;
  failure.stage = "queue";
  failure.detail = std::move(detail);
  failed_.emplace_back(call, std::move(failure));
  schedule();
}

void H1Pool::run() noexcept {
  auto failed = std::exchange(failed_, {});
  for (auto& [call, failure] : failed) {
    Slot* slot = find(call);
    if (slot == nullptr) continue;
    http::UpstreamEvents* events = slot->events;
    free_slot(call.index);
    events->on_fail(failure);
  }
}

void H1Pool::fail_waiting(const http::Failure& failure) {
  for (const http::CallId& call : std::exchange(waiting_, {})) failed_.emplace_back(call, failure);
  queue_deadline_.clear();
  schedule();
}

void H1Pool::expire_waiting() {
  Instant now = loop_.now();
  while (!waiting_.empty()) {
    http::CallId call = waiting_.front();
    Instant limit = slots_[call.index].waiting_since + options_.queue_timeout;
    if (limit > now) return queue_deadline_.set(limit);
    waiting_.pop_front();
    if (last_failure_) {
      failed_.emplace_back(call, *last_failure_);
      schedule();
    } else {
      fail_later(call, http::FailKind::kTimeout, "no connection became free in time");
    }
  }
}

// ------------------------------------------------------------------------------------ connections

H1Connection* H1Pool::take_idle() {
  while (!idle_.empty()) {
    H1Connection* connection = idle_.back();
    idle_.pop_back();
    if (connection->is_fit()) return connection;
    connection->close();
  }
  return nullptr;
}

bool H1Pool::serve_next(H1Connection& connection) {
  if (waiting_.empty()) return false;
  uint32_t index = waiting_.front().index;
  waiting_.pop_front();
  bool wants_room = slots_[index].wants_room;
  http::UpstreamEvents* events = slots_[index].events;
  attach(index, connection);
  if (wants_room) events->on_writable();
  return true;
}

void H1Pool::on_idle(H1Connection& connection) {
  last_failure_.reset();
  if (serve_next(connection)) return;
  idle_.push_back(&connection);
  if (!sweep_deadline_.is_set()) sweep_deadline_.set_after(kSweep);
}

void H1Pool::on_closed(H1Connection& connection) {
  std::erase(idle_, &connection);
  size_t index = connection.index;
  std::unique_ptr<H1Connection> removed = std::move(connections_[index]);
  if (index + 1 < connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->index = index;
  }
  connections_.pop_back();
  loop_.dispose(std::move(removed));
  connect_more();
}

void H1Pool::connect_more() {
  while (connectors_.size() < std::min<size_t>(waiting_.size(), options_.max_handshakes) &&
         connections_.size() + connectors_.size() < options_.max_connections) {
    connect();
  }
}

void H1Pool::connect() {
  ConnectorEvents& events = *this;
  connectors_.push_back(
      std::make_unique<Connector>(loop_, resolver_, tls_.get(), destination_, events));
  connectors_.back()->start();
}

void H1Pool::forget(Connector& connector) {
  for (auto& one : connectors_) {
    if (one.get() != &connector) continue;
    loop_.dispose(std::move(one));
    std::swap(one, connectors_.back());
    connectors_.pop_back();
    return;
  }
}

void H1Pool::on_connected(Connector& connector, Socket socket, std::unique_ptr<TlsStream> tls) {
  forget(connector);
  ++counters_.connected;
  trouble_.on_connected();
  if (tls->is_resumed()) ++counters_.resumed;
  counters_.tls = tls->version();
  auto connection = std::make_unique<H1Connection>(shared_, std::move(socket), std::move(tls));
  connection->index = connections_.size();
  connections_.push_back(std::move(connection));
  on_idle(*connections_.back());
  connect_more();
}

void H1Pool::on_connect_failed(Connector& connector, const http::Failure& failure) {
  forget(connector);
  counters_.count_failure(failure.stage);
  const uint64_t times = trouble_.on_failed(failure.stage, failure.detail, loop_.now());
  if (times > 0)
    logger_.warn("upstream_connect_failed")
        .str("upstream", options_.url)
        .str("stage", failure.stage)
        .str("reason", failure.detail)
        .num("times", static_cast<int64_t>(times));
  // While another connection is there or on its way, those who wait may still be served by it.
  last_failure_ = failure;
  if (connections_.empty() && connectors_.empty()) return fail_waiting(failure);
  if (!waiting_.empty() && connectors_.empty()) retry_connect_.set_after(kRetryConnect);
}

PoolStatus H1Pool::status() const {
  PoolStatus status;
  status.counters = counters_;
  status.open = connections_.size();
  status.idle = idle_.size();
  status.connecting = connectors_.size();
  status.waiting = waiting_.size();
  status.calls = slots_.size() - free_slots_.size();
  return status;
}

void H1Pool::warm() {
  if (!connections_.empty() || !connectors_.empty()) return;
  connect();
}

// Closes what has been idle too long; what has been idle for a moment gives its buffers back.
void H1Pool::sweep() {
  Instant now = loop_.now();
  for (size_t i = idle_.size(); i-- > 0;) {
    H1Connection* connection = idle_[i];
    Duration idle = now - connection->idle_since();
    if (idle > options_.keep_alive)
      connection->close();
    else if (idle >= kSweep && idle < 3 * kSweep)
      connection->free_buffers();
  }
  if (!idle_.empty()) sweep_deadline_.set_after(kSweep);
}

}  // namespace postern::wire
