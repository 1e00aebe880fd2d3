// The half of ServerConnection that writes answers: what a handler asks of its http::Responder.
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "http/writer.h"
#include "wire/server.h"
#include "wire/server_connection.h"

namespace postern::wire {
namespace {

constexpr size_t kDirect = 8 * 1024;  // content this large is written without a copy
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

using Body = ServerRequest::Body;
using Kind = http::Framing::Kind;

}  // namespace

void ServerConnection::accept_body(uint64_t limit) {
  ServerRequest& request = *request_;
  if (request.body != Body::kUnread) return;
  request.body = Body::kReading;
  request.decoder.limit(limit);
  if (request.head.expect_continue && request.head.minor_version > 0 && in_.empty())
    out_.append(kContinue);
  schedule();
}

void ServerConnection::resume_body() {
  if (request_->body != Body::kPaused) return;
  request_->body = Body::kReading;
  schedule();
}

void ServerConnection::send_head(const http::OutgoingResponse& response) {
  ServerRequest& request = *request_;
  assert(!request.answer_begun);
  request.answer_begun = true;
  keep_alive_ = request.head.keep_alive && request.body == Body::kDone && !request.close_after &&
                !server_.draining();
  int minor = request.refused ? 1 : request.head.minor_version;
  request.answer_framing = http::write_response(out_, response, {minor, keep_alive_});
  request.answer_left = request.answer_framing.length;
  if (request.answer_framing.kind == Kind::kUntilClose) keep_alive_ = false;
  schedule();
}

void ServerConnection::send_body(std::string_view bytes) {
  ServerRequest& request = *request_;
  if (bytes.empty() || send_failed_ || request.answer_framing.kind == Kind::kNone) return;
  if (request.answer_framing.kind == Kind::kLength) {
    assert(bytes.size() <= request.answer_left);
    request.answer_left -= bytes.size();
  }
  if (can_write_ && bytes.size() >= kDirect) {
    send_directly(bytes);
  } else {
    append_content(bytes);
  }
  if (out_.size() > server_.options_.max_unsent) congested_ = true;
  schedule();
}

void ServerConnection::append_content(std::string_view bytes) {
  char size[20];
  bool chunked = request_->answer_framing.kind == Kind::kChunked;
  if (chunked) out_.append({size, http::write_chunk_size(bytes.size(), size)});
  out_.append(bytes);
  if (chunked) out_.append(http::kChunkEnd);
}

// Large content goes to the kernel from where it lies; only what it does not take is copied. TLS
// makes a copy anyway, and joins what belongs together.
void ServerConnection::send_directly(std::string_view bytes) {
  if (tls_) {
    append_content(bytes);
    while (!out_.empty() && can_write_ && !send_failed_) push();
    return;
  }
  char size[20];
  size_t size_length = 0;
  bool chunked = request_->answer_framing.kind == Kind::kChunked;
  if (chunked) size_length = http::write_chunk_size(bytes.size(), size);
  std::array<std::string_view, 4> pieces{out_.data(), std::string_view(size, size_length), bytes,
                                         chunked ? http::kChunkEnd : std::string_view()};
  std::array<iovec, 4> vectors{};
  size_t total = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
    total += pieces[i].size();
  }
  IoResult result = transmit(socket_.fd(), vectors);
  if (result.status == IoStatus::kError) {
    send_failed_ = true;
    return;
  }
  if (result.size > 0) progress_ = true;
  if (result.size < total) can_write_ = false;
  size_t old = std::min(result.size, out_.size());
  size_t skip = result.size - old;
  out_.consume(old);
  for (size_t i = 1; i < pieces.size(); ++i) {
    size_t gone = std::min(skip, pieces[i].size());
    skip -= gone;
    out_.append(pieces[i].substr(gone));
  }
}

void ServerConnection::end() {
  ServerRequest& request = *request_;
  if (send_failed_) return schedule();  // nobody is there to miss the rest; run() says so
  if (request.answer_framing.kind == Kind::kChunked) out_.append(http::kLastChunk);
  bool short_of = request.answer_framing.kind == Kind::kLength && request.answer_left > 0;
  assert(!short_of);
  if (short_of) return cut();
  request.answer_ended = true;
  schedule();
}

void ServerConnection::cut() {
  request_->answer_cut = true;
  schedule();
}

void ServerConnection::flush() {
  if (state_ == State::kClosed) return;
  while (!out_.empty() && can_write_ && !send_failed_) push();
  if (send_failed_ && state_ != State::kHead) return lose("client_closed");
  if (congested_ && out_.size() <= server_.options_.max_unsent / 2) {
    congested_ = false;
    if (state_ == State::kRequest && !request_->answer_ended) request_->handler->on_drained();
  }
}

void ServerConnection::push() {
  const size_t size = out_.size();
  const IoResult result = tls_ ? tls_->write(out_.data()) : transmit(socket_.fd(), out_.data());
  if (result.status == IoStatus::kError) {
    send_failed_ = true;
    return;
  }
  out_.consume(result.size);
  if (result.size > 0) progress_ = true;
  // TLS writes record by record, and says when the kernel takes no more.
  if (tls_ ? result.status == IoStatus::kWouldBlock : result.size < size) can_write_ = false;
}

}  // namespace postern::wire
