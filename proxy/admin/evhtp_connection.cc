#include "admin/evhtp_connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <evhtp/evhtp.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "admin/evhtp_server.h"
#include "base/buffer.h"
#include "http/status.h"
#include "http/writer.h"
#include "wire/socket.h"

namespace postern::admin {
namespace {

constexpr Duration kLinger = std::chrono::seconds(1);

std::string take_all(evbuffer* from) {
  std::string bytes(evbuffer_get_length(from), '\0');
  evbuffer_remove(from, bytes.data(), bytes.size());
  return bytes;
}

void discard(evbuffer* from) {
  evbuffer_drain(from, evbuffer_get_length(from));
}

// Head and body of an answer that closes the connection; of a stream, the head alone, whose body
// ends with the connection.
std::string write_answer(const Response& response) {
  const http::Fields fields = answer_fields(response);
  const bool is_stream = response.follow != nullptr;
  BlockPool pool;
  Buffer out(pool);
  http::write_response(
      out,
      {response.status, http::reason_phrase(response.status), &fields,
       is_stream ? http::Framing::until_close() : http::Framing::of_length(response.body.size()),
       false},
      {is_stream ? 0 : 1, false});
  out.append(response.body);
  return std::string(out.data());
}

}  // namespace

EvhtpConnection::EvhtpConnection(EvhtpServer& server, evhtp_connection* raw)
    : server_(server),
      raw_(raw),
      caller_{server.address(), "", "", wire::peer_uid(raw->sock), true},
      guard_(server.guard_of(raw->sock)),
      reader_(guard_, caller_),
      deadline_(server.loop_, [this] { on_deadline(); }),
      since_(server.loop_.now()) {
  ::fcntl(raw->sock, F_SETFD, FD_CLOEXEC);
  bufferevent_getcb(raw->bev, &its_read_, &its_write_, nullptr, &its_argument_);
  bufferevent_setcb(raw->bev, on_readable, on_written, on_event, this);
  // libevent reads no further than this ahead of us.
  bufferevent_setwatermark(raw->bev, EV_READ, 0, kMaxHead + kMaxBody);
  deadline_.set(since_ + server.options_.timeout);
}

bool EvhtpConnection::may_change() const {
  const bool is_ours = caller_.uid && (*caller_.uid == ::geteuid() || *caller_.uid == 0);
  return is_ours || (!server_.token_.empty() && reader_.bearer() == server_.token_);
}

void EvhtpConnection::drop() {
  evhtp_connection_free(raw_);  // and so this
}

// A bufferevent freezes the ends of its buffers that it works at itself.
void EvhtpConnection::serve_now() {
  if (is_reading()) {
    evbuffer* input = bufferevent_get_input(raw_->bev);
    evbuffer_unfreeze(input, 0);
    evbuffer_read(input, raw_->sock, kMaxHead + kMaxBody);
    evbuffer_freeze(input, 0);
    if (evbuffer_get_length(input) > 0) read();
  }
  if (phase_ != Phase::kAnswering) return;
  evbuffer* output = bufferevent_get_output(raw_->bev);
  evbuffer_unfreeze(output, 1);
  evbuffer_write(output, raw_->sock);
  evbuffer_freeze(output, 1);
  if (evbuffer_get_length(output) == 0) its_write_(raw_->bev, its_argument_);  // closes
}

void EvhtpConnection::on_readable(bufferevent* raw, void* self) {
  auto& connection = *static_cast<EvhtpConnection*>(self);
  event::Loop& loop = connection.server_.loop_;
  if (connection.is_reading()) {
    connection.read();
  } else {
    discard(bufferevent_get_input(raw));
  }
  loop.settle();
}

void EvhtpConnection::on_written(bufferevent* raw, void* self) {
  auto& connection = *static_cast<EvhtpConnection*>(self);
  event::Loop& loop = connection.server_.loop_;
  if (connection.phase_ == Phase::kRefusing) {
    connection.linger();
  } else if (connection.phase_ == Phase::kAnswering) {
    connection.its_write_(raw, connection.its_argument_);  // closes, and so `connection` goes
  }
  loop.settle();
}

void EvhtpConnection::on_event(bufferevent* /*raw*/, short what, void* self) {
  auto& connection = *static_cast<EvhtpConnection*>(self);
  const bool is_owed = connection.phase_ == Phase::kPreparing ||
                       connection.phase_ == Phase::kAnswering ||
                       connection.phase_ == Phase::kRefusing;
  // Whoever has said all that it has to say still wants the answer.
  if (is_owed && (what & BEV_EVENT_EOF) != 0) return;
  event::Loop& loop = connection.server_.loop_;
  connection.drop();
  loop.settle();
}

void EvhtpConnection::read() {
  switch (reader_.read(take_all(bufferevent_get_input(raw_->bev)))) {
    case RequestReader::State::kMore:
      return;
    case RequestReader::State::kWhole:
      return prepare();
    case RequestReader::State::kRefused:
      return refuse(reader_.problem());
  }
}

// libevhtp hears of a request when its answer is there: it cannot wait well.
void EvhtpConnection::prepare() {
  Response response = server_.answer(*this);
  if (!response.later) return reply(std::move(response));
  phase_ = Phase::kPreparing;
  deadline_.set_after(std::max(server_.options_.timeout, response.patience));
  work_ = response.later(Deferred([this](Response made) { on_prepared(std::move(made)); }));
}

void EvhtpConnection::on_prepared(Response response) {
  const Work done = std::move(work_);
  reply(std::move(response));
}

Response EvhtpConnection::take_response() {
  then_ = std::move(response_.then);
  return std::move(response_);
}

// libevhtp gets a request line of ours, never a byte of the caller's; of a stream it hears nothing.
void EvhtpConnection::reply(Response response) {
  if (response.follow && reader_.method() != http::Method::kHead) return stream(response);
  response_ = std::move(response);
  phase_ = Phase::kAnswering;
  deadline_.set_after(server_.options_.timeout);
  constexpr std::string_view kRequest =
      "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  evbuffer* input = bufferevent_get_input(raw_->bev);
  evbuffer_unfreeze(input, 0);
  evbuffer_add(input, kRequest.data(), kRequest.size());
  evbuffer_freeze(input, 0);
  its_read_(raw_->bev, its_argument_);
}

void EvhtpConnection::stream(const Response& response) {
  phase_ = Phase::kStreaming;
  deadline_.clear();
  send(write_answer(response));
  follower_ = response.follow(*this);
}

// Whoever writes may be in the midst of going through its followers, of which this is one: closing
// waits for the next event.
void EvhtpConnection::send(std::string_view bytes) {
  if (deadline_.is_set()) return;
  const size_t waiting = evbuffer_get_length(bufferevent_get_output(raw_->bev));
  if (waiting + bytes.size() > kMostWaiting) return deadline_.set_after(Duration::zero());
  bufferevent_write(raw_->bev, bytes.data(), bytes.size());
}

void EvhtpConnection::refuse(const relay::Problem& problem) {
  phase_ = Phase::kRefusing;
  deadline_.set_after(server_.options_.timeout);
  const std::string bytes = write_answer(Response::problem(problem));
  bufferevent_write(raw_->bev, bytes.data(), bytes.size());
}

void EvhtpConnection::linger() {
  phase_ = Phase::kLingering;
  deadline_.set_after(kLinger);
  ::shutdown(raw_->sock, SHUT_WR);
}

void EvhtpConnection::on_deadline() {
  const bool is_slow = phase_ == Phase::kReading && reader_.started();
  if (!is_slow) return drop();
  refuse({relay::Code::kRequestTimeout, "the request was not whole in time",
          "send it faster, or raise admin.timeout"});
}

}  // namespace postern::admin
