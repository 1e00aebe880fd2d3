#include "wire/h1_connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "http/status.h"
#include "http/writer.h"

namespace postern::wire {
namespace {

constexpr size_t kMaxUnsent = 64 * 1024;  // request body bytes held before write() takes no more
constexpr size_t kRecord = 16 * 1024;     // largest content of one TLS record
constexpr size_t kTurn = 512 * 1024;      // bytes read before others get their turn
constexpr int kMaxInformational = 32;

}  // namespace

H1Connection::H1Connection(H1Shared& shared, Socket socket, std::unique_ptr<TlsStream> tls)
    : event::Task(shared.loop),
      shared_(shared),
      socket_(std::move(socket)),
      tls_(std::move(tls)),
      idle_since_(shared.loop.now()),
      parser_(shared.options.limits),
      in_(shared.blocks),
      out_(shared.blocks),
      deadline_(shared.loop, [this] { on_deadline(); }) {
  watch_.emplace(shared.loop, socket_.fd(), static_cast<event::FdEvents&>(*this));
}

// ----------------------------------------------------------------------------- what a call asks

void H1Connection::start(const http::OutgoingRequest& request, http::UpstreamEvents& events,
                         uint32_t slot) {
  assert(state_ == State::kIdle);
  state_ = State::kHead;
  ++serial_;
  events_ = &events;
  slot_ = slot;
  method_ = request.method;
  chunked_ = request.framing.kind == http::Framing::Kind::kChunked;
  finished_ = !request.framing.has_body();
  sent_ = wants_room_ = got_byte_ = paused_ = false;
  informational_ = 0;
  outstanding_ = 0;
  not_after_ = request.not_after;
  looked_late_ = false;
  parser_.reset();
  http::write_request(out_, request);
  Duration total = shared_.options.total_timeout;
  head_due_ = Instant::max();
  const bool has_own = request.first_byte_timeout > Duration::zero();
  first_byte_timeout_ = has_own ? request.first_byte_timeout : shared_.options.first_byte_timeout;
  call_ends_ = total > Duration::zero() ? shared_.loop.now() + total : Instant::max();
  schedule();
}

size_t H1Connection::write(std::string_view bytes) {
  if (!is_busy() || finished_) return 0;
  if (write_failed_) return bytes.size();  // nobody reads it; the answer will say why
  size_t room = kMaxUnsent - std::min(kMaxUnsent, out_.size());
  bytes = bytes.substr(0, room);
  if (bytes.size() < room || room == 0) wants_room_ = room == 0;
  if (bytes.empty()) {
    wants_room_ = true;
    return 0;
  }
  char size[20];
  if (chunked_) out_.append({size, http::write_chunk_size(bytes.size(), size)});
  out_.append(bytes);
  if (chunked_) out_.append(http::kChunkEnd);
  wants_room_ = out_.size() >= kMaxUnsent;
  schedule();
  return bytes.size();
}

void H1Connection::finish() {
  if (!is_busy() || finished_) return;
  finished_ = true;
  if (chunked_ && !write_failed_) out_.append(http::kLastChunk);
  schedule();
}

void H1Connection::credit(size_t size) {
  outstanding_ -= std::min(size, outstanding_);
  if (!paused_ || outstanding_ > shared_.options.high_water / 2) return;
  paused_ = false;
  want_receive_ = true;
  schedule();
}

void H1Connection::abandon() {
  if (!is_busy()) return;
  events_ = nullptr;
  shared_.owner.on_call_over(slot_);
  close();
}

// --------------------------------------------------------------------------------------- sending

void H1Connection::on_ready(event::Readiness ready) noexcept {
  if (state_ == State::kDead) return;
  if (ready.readable || ready.closed) {
    tls_->note_readable();
    want_receive_ = true;
  }
  schedule();
}

void H1Connection::run() noexcept {
  if (state_ == State::kDead) return;
  flush();
  if (state_ != State::kDead && std::exchange(want_receive_, false)) receive_answer();
  if (state_ != State::kDead) update_deadline();
}

void H1Connection::flush() {
  const bool is_bounded = not_after_ != Instant::max();
  if (is_bounded && is_busy() && !sent_ && shared_.loop.now() > not_after_)
    return fail(http::FailKind::kTimeout, "there was no connection in time");
  while (!out_.empty() && !write_failed_) {
    IoResult result = tls_->write(out_.data());
    if (result.status == IoStatus::kWouldBlock) break;
    if (result.status != IoStatus::kOk) {
      // An answer may have come before the peer closed: reading will tell.
      write_failed_ = true;
      out_.consume(out_.size());
      want_receive_ = true;
      break;
    }
    out_.consume(result.size);
    if (!std::exchange(sent_, true)) events_->on_sent(shared_.loop.now());
    if (!is_busy()) return;
  }
  bool room = out_.size() < kMaxUnsent / 2;
  if (is_busy() && !finished_ && wants_room_ && room) {
    wants_room_ = false;
    events_->on_writable();
  }
  if (state_ == State::kDead) return;
  out_.release();
}

// ------------------------------------------------------------------------------------- receiving

void H1Connection::receive_answer() {
  if (state_ == State::kIdle) {
    if (!is_quiet()) close();
    return;
  }
  uint32_t serial = serial_;
  size_t read = 0;
  while (!paused_) {
    IoResult result = fill_scratch();
    read += result.size;
    if (result.size > 0) process({shared_.scratch.data(), result.size});
    if (!is_busy() || serial != serial_) return;
    if (result.status == IoStatus::kWouldBlock) {
      if (tls_->recheck()) continue;
      return;
    }
    if (result.status != IoStatus::kOk) return ended(result.status == IoStatus::kEnd);
    if (read > kTurn) return watch_->wake();
  }
  want_receive_ = false;
}

// Several records at once when OpenSSL holds them already: the client then gets one large write.
IoResult H1Connection::fill_scratch() {
  std::span<char> room(shared_.scratch);
  size_t have = 0;
  IoResult result;
  do {
    result = tls_->read(room.subspan(have));
    have += result.size;
  } while (result.status == IoStatus::kOk && room.size() - have >= kRecord && tls_->has_pending());
  result.size = have;
  return result;
}

void H1Connection::process(std::string_view bytes) {
  got_byte_ = true;
  uint32_t serial = serial_;
  bool kept = !in_.empty();
  if (kept) in_.append(bytes);
  std::string_view rest = kept ? in_.data() : bytes;
  if (state_ == State::kHead && !process_head(rest)) {
    if (state_ != State::kHead || serial != serial_) return;
    if (kept)
      in_.consume(in_.size() - rest.size());
    else
      in_.append(rest);
    return;
  }
  process_body(rest);
}

// True: the final head has been handed on and its body begins at `rest`.
bool H1Connection::process_head(std::string_view& rest) {
  bool to_head = method_ == http::Method::kHead;
  while (true) {
    http::ParseState parsed = parser_.parse(rest, to_head, head_);
    if (parsed == http::ParseState::kNeedMore) return false;
    if (parsed == http::ParseState::kError) {
      fail(http::FailKind::kBroken, std::string(parser_.error()));
      return false;
    }
    rest.remove_prefix(parser_.consumed());
    parser_.reset();
    if (head_.status >= 200) break;
    if (!skip_informational()) return false;
  }
  state_ = State::kBody;
  decoder_.start(head_.framing);
  uint32_t serial = serial_;
  events_->on_head(head_);
  return state_ == State::kBody && serial == serial_;
}

// 100 says nothing new, and hints such as 103 are for browsers: skipped.
bool H1Connection::skip_informational() {
  if (head_.status == 101) {
    fail(http::FailKind::kBroken, "the upstream switched protocols without being asked");
    return false;
  }
  if (++informational_ > kMaxInformational) {
    fail(http::FailKind::kBroken, "the upstream sent too many 1xx answers");
    return false;
  }
  return true;
}

void H1Connection::process_body(std::string_view& rest) {
  uint32_t serial = serial_;
  while (!decoder_.done()) {
    http::BodyDecoder::Step step = decoder_.decode(rest);
    if (!step.data.empty()) {
      outstanding_ += step.data.size();
      events_->on_body(step.data);
      if (state_ != State::kBody || serial != serial_) return;
    }
    if (step.state == http::BodyDecoder::State::kError)
      return fail(http::FailKind::kBroken, std::string(decoder_.error()));
    rest.remove_prefix(step.consumed);
    if (step.consumed == 0) break;
  }
  bool leftover = !rest.empty();
  in_.consume(in_.size());
  in_.release();
  if (decoder_.done()) return complete(leftover);
  paused_ = outstanding_ > shared_.options.high_water;
}

// ---------------------------------------------------------------------------------------- endings

void H1Connection::ended(bool in_order) {
  if (state_ == State::kIdle) return close();
  if (state_ == State::kHead && !got_byte_)
    return fail(http::FailKind::kClosed, "the upstream closed the connection without an answer");
  if (state_ == State::kHead)
    return fail(http::FailKind::kBroken, "the answer ended inside its head");
  bool until_close = head_.framing.kind == http::Framing::Kind::kUntilClose;
  if (in_order && until_close && decoder_.finish() == http::BodyDecoder::State::kDone)
    return complete(false);
  fail(http::FailKind::kBroken, until_close ? "the answer ended without close_notify"
                                            : "the answer ended before it was whole");
}

void H1Connection::complete(bool leftover) {
  bool until_close = head_.framing.kind == http::Framing::Kind::kUntilClose;
  bool reusable = !leftover && !until_close && head_.keep_alive && is_request_sent() &&
                  !write_failed_ && is_quiet();
  http::UpstreamEvents* events = std::exchange(events_, nullptr);
  deadline_.clear();
  shared_.owner.on_call_over(slot_);
  if (reusable) {
    state_ = State::kIdle;
    reused_ = true;
    paused_ = false;
    idle_since_ = shared_.loop.now();
    shared_.owner.on_idle(*this);
  } else {
    close();
  }
  events->on_done();
}

void H1Connection::fail(http::FailKind kind, std::string detail) {
  http::Failure failure;
  failure.kind = kind;
  failure.sent = state_ == State::kBody ? http::Sent::kHeadSeen
                 : sent_                ? http::Sent::kMaybe
                                        : http::Sent::kNone;
  failure.reused = reused_;
  failure.stage = state_ == State::kBody || got_byte_ ? "response" : "request";
  failure.detail = std::move(detail);
  http::UpstreamEvents* events = std::exchange(events_, nullptr);
  shared_.owner.on_call_over(slot_);
  close();
  events->on_fail(failure);
}

bool H1Connection::is_fit() {
  switch (look(socket_.fd())) {
    case Quiet::kQuiet:
      return true;
    case Quiet::kBytesWaiting:
      tls_->note_readable();
      return is_quiet();
    case Quiet::kEnded:
      return false;
  }
  return false;
}

// Nothing is to be read but what TLS keeps to itself, such as a new session ticket.
bool H1Connection::is_quiet() {
  char byte;
  return tls_->read({&byte, 1}).status == IoStatus::kWouldBlock;
}

void H1Connection::close() {
  if (state_ == State::kDead) return;
  state_ = State::kDead;
  cancel();
  deadline_.clear();
  watch_.reset();
  tls_.reset();
  socket_.close();
  shared_.owner.on_closed(*this);
}

// ------------------------------------------------------------------------------------------- time

void H1Connection::update_deadline() {
  if (!is_busy()) return deadline_.clear();
  Instant when = call_ends_;
  timeout_detail_ = "the whole call took too long";
  const UpstreamOptions& options = shared_.options;
  Duration patience{};
  std::string_view detail;
  if (!out_.empty()) {
    patience = options.idle_timeout;
    detail = "the upstream took no bytes of the request";
  } else if (state_ == State::kBody && !paused_) {
    patience = options.idle_timeout;
    detail = "the answer stopped coming";
  } else if (state_ == State::kHead && finished_) {
    // For the head as a whole: single bytes and 1xx answers win no time.
    if (head_due_ == Instant::max()) head_due_ = shared_.loop.now() + first_byte_timeout_;
    if (head_due_ < when) {
      when = head_due_;
      timeout_detail_ = "the upstream did not answer in time";
    }
  }
  if (patience > Duration::zero()) {
    Instant limit = shared_.loop.now() + patience;
    if (limit < when) {
      when = limit;
      timeout_detail_ = detail;
    }
  }
  when == Instant::max() ? deadline_.clear() : deadline_.set(when);
}

void H1Connection::on_deadline() {
  if (!is_busy()) return;
  // A process that stood still is woken by its timers first, and what it waited for may be there.
  const bool has_come = look(socket_.fd()) == Quiet::kBytesWaiting;
  if (!has_come || std::exchange(looked_late_, true))
    return fail(http::FailKind::kTimeout, std::string(timeout_detail_));
  tls_->note_readable();
  want_receive_ = true;
  schedule();
}

}  // namespace postern::wire
