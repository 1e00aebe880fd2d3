#include "server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

namespace postern::sandbox {
namespace {

constexpr ev_ssize_t kMaxBody = 1L << 30;
constexpr ev_ssize_t kMaxHead = 64L << 10;
constexpr int kIdleSeconds = 120;
constexpr std::size_t kPiece = 64U << 10;

std::string method_of(evhttp_request* request) {
  switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET:
      return "GET";
    case EVHTTP_REQ_POST:
      return "POST";
    case EVHTTP_REQ_HEAD:
      return "HEAD";
    case EVHTTP_REQ_PUT:
      return "PUT";
    case EVHTTP_REQ_DELETE:
      return "DELETE";
    case EVHTTP_REQ_OPTIONS:
      return "OPTIONS";
    case EVHTTP_REQ_PATCH:
      return "PATCH";
    default:
      return "TRACE";
  }
}

Request read_request(evhttp_request* raw) {
  Request request;
  request.method = method_of(raw);
  request.target = evhttp_request_get_uri(raw);
  const auto question = request.target.find('?');
  request.path = request.target.substr(0, question);
  if (question != std::string::npos) request.raw_query = request.target.substr(question + 1);
  request.query = parse_form(request.raw_query);
  const evkeyvalq* headers = evhttp_request_get_input_headers(raw);
  for (const evkeyval* it = headers->tqh_first; it != nullptr; it = it->next.tqe_next) {
    request.headers.add(it->key, it->value);
  }
  char* address = nullptr;
  std::uint16_t port = 0;
  evhttp_connection_get_peer(evhttp_request_get_connection(raw), &address, &port);
  if (address != nullptr) request.peer = address;
  evbuffer* body = evhttp_request_get_input_buffer(raw);
  const std::size_t size = evbuffer_get_length(body);
  if (size > 0) {
    request.body = {reinterpret_cast<const char*>(evbuffer_pullup(body, -1)), size};
  }
  return request;
}

// The bytes of a download: byte i is the low byte of i * 31 + i / 256, so that a lost, doubled or
// swapped piece shows.
void fill(evbuffer* out, std::uint64_t offset, std::size_t size) {
  std::array<char, kPiece> piece{};
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t at = offset + i;
    piece[i] = static_cast<char>((at * 31 + at / 256) & 0xff);
  }
  evbuffer_add(out, piece.data(), size);
}

void set_timer(event* timer, std::int64_t ms) {
  timeval delay{};
  delay.tv_sec = static_cast<time_t>(ms / 1000);
  delay.tv_usec = static_cast<suseconds_t>(ms % 1000) * 1000;
  event_add(timer, &delay);
}

}  // namespace

// Sends a reset now. The descriptor stays open, and evhttp sees the end of the connection on it.
void reset_connection(evhttp_connection* connection) {
  const evutil_socket_t socket = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
  // What waits for an acknowledgement leaves first; a reset would throw it away.
  const int at_once = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  ::connect(socket, &nobody, sizeof nobody);
}

// One request until its answer has left or its client has gone; deletes itself then.
class Server::Exchange final {
 public:
  Exchange(Server& server, evhttp_request* request, Outcome outcome)
      : server_(server), request_(request), outcome_(std::move(outcome)) {
    evhttp_connection* connection = evhttp_request_get_connection(request_);
    evhttp_connection_set_closecb(connection, &Exchange::on_close, this);
    if (outcome_.delay_ms <= 0) {
      send();
      return;
    }
    watch_for_close(evhttp_connection_get_bufferevent(connection));
    timer_ = event_new(server_.base_, -1, 0, &Exchange::on_timer, this);
    set_timer(timer_, outcome_.delay_ms);
  }

 private:
  ~Exchange() {
    if (timer_ != nullptr) event_free(timer_);
  }

  // While a handler holds a request evhttp does not read, and so would not see the client leave.
  static void watch_for_close(bufferevent* stream) {
    bufferevent_event_cb on_event = nullptr;
    bufferevent_data_cb on_write = nullptr;
    void* argument = nullptr;
    bufferevent_getcb(stream, nullptr, &on_write, &on_event, &argument);
    bufferevent_setcb(stream, nullptr, on_write, on_event, argument);
    bufferevent_enable(stream, EV_READ);
  }

  void send() {
    const Reply& reply = outcome_.reply;
    if (reply.delivery == Delivery::kLost) {
      lose();
      return;
    }
    evkeyvalq* headers = evhttp_request_get_output_headers(request_);
    for (const auto& [name, value] : reply.headers) {
      evhttp_add_header(headers, name.c_str(), value.c_str());
    }
    evhttp_request_set_on_complete_cb(request_, &Exchange::on_complete, this);
    const std::string reason(reason_of(reply.status));
    if (reply.download && evhttp_request_get_command(request_) != EVHTTP_REQ_HEAD) {
      begin_download(reason);
      return;
    }
    if (reply.delivery == Delivery::kCut) {
      cut(reason);
      return;
    }
    evbuffer* body = evhttp_request_get_output_buffer(request_);
    evbuffer_add(body, reply.body.data(), reply.body.size());
    sent_ = true;
    evhttp_send_reply(request_, reply.status, reason.c_str(), nullptr);
  }

  void lose() {
    evhttp_connection* connection = evhttp_request_get_connection(request_);
    watch_for_close(evhttp_connection_get_bufferevent(connection));
    reset_connection(connection);
  }

  // Half of what Content-Length promises, then a reset.
  void cut(const std::string& reason) {
    const std::string& body = outcome_.reply.body;
    if (body.size() < 2) {
      lose();
      return;
    }
    evkeyvalq* headers = evhttp_request_get_output_headers(request_);
    evhttp_add_header(headers, "Content-Length", std::to_string(body.size()).c_str());
    evhttp_send_reply_start(request_, outcome_.reply.status, reason.c_str());
    evbuffer* half = evbuffer_new();
    evbuffer_add(half, body.data(), body.size() / 2);
    const auto on_sent = [](evhttp_connection*, void* self) {
      static_cast<Exchange*>(self)->lose();
    };
    evhttp_send_reply_chunk_with_cb(request_, half, on_sent, this);
    evbuffer_free(half);
  }

  void begin_download(const std::string& reason) {
    evhttp_send_reply_start(request_, outcome_.reply.status, reason.c_str());
    piece_ = evbuffer_new();
    next_piece();
  }

  void next_piece() {
    const std::uint64_t left = outcome_.reply.download->bytes - offset_;
    if (left == 0) {
      evbuffer_free(piece_);
      sent_ = true;
      evhttp_send_reply_end(request_);
      return;
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, kPiece));
    fill(piece_, offset_, size);
    offset_ += size;
    evhttp_send_reply_chunk_with_cb(
        request_, piece_,
        [](evhttp_connection*, void* self) { static_cast<Exchange*>(self)->next_piece(); }, this);
  }

  void finish(Ending ending) {
    if (outcome_.finished) outcome_.finished(ending);
    delete this;
  }

  static void on_timer(int, short, void* self) { static_cast<Exchange*>(self)->send(); }

  static void on_complete(evhttp_request* request, void* self) {
    evhttp_connection_set_closecb(evhttp_request_get_connection(request), nullptr, nullptr);
    static_cast<Exchange*>(self)->finish(Ending::kSent);
  }

  static void on_close(evhttp_connection*, void* self) {
    auto* exchange = static_cast<Exchange*>(self);
    // evhttp frees a request whose answer is complete, and leaves us any other; but at the end of
    // the process it frees them all.
    const bool ours = !exchange->sent_ && !exchange->server_.stopping_;
    if (ours && exchange->piece_ != nullptr) evbuffer_free(exchange->piece_);
    if (ours) evhttp_request_free(exchange->request_);
    exchange->finish(Ending::kAborted);
  }

  Server& server_;
  evhttp_request* request_;
  Outcome outcome_;
  event* timer_ = nullptr;
  evbuffer* piece_ = nullptr;
  std::uint64_t offset_ = 0;
  bool sent_ = false;  // nothing more will be added to the answer
};

Server::Server(SSL_CTX* tls, Handler handler)
    : tls_(tls), handler_(std::move(handler)), base_(event_base_new()), http_(evhttp_new(base_)) {
  // CONNECT is the only method that no handler is asked about.
  evhttp_set_allowed_methods(http_, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                        EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                        EVHTTP_REQ_PATCH | EVHTTP_REQ_TRACE);
  evhttp_set_max_body_size(http_, kMaxBody);
  evhttp_set_max_headers_size(http_, kMaxHead);
  evhttp_set_timeout(http_, kIdleSeconds);
  evhttp_set_default_content_type(http_, nullptr);
  evhttp_set_bevcb(http_, &Server::on_connection, this);
  evhttp_set_gencb(http_, &Server::on_request, this);
}

Server::~Server() {
  stopping_ = true;
  evhttp_free(http_);
  event_base_free(base_);
}

bufferevent* Server::on_connection(event_base* base, void* self) {
  auto* server = static_cast<Server*>(self);
  bufferevent* stream =
      server->tls_ == nullptr
          ? bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE)
          : bufferevent_openssl_socket_new(base, -1, SSL_new(server->tls_),
                                           BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
  server->numbers_[stream] = ++server->connections_;
  return stream;
}

void Server::on_request(evhttp_request* raw, void* self) {
  auto* server = static_cast<Server*>(self);
  Request request = read_request(raw);
  evhttp_connection* connection = evhttp_request_get_connection(raw);
  request.connection = server->numbers_[evhttp_connection_get_bufferevent(connection)];
  // Deletes itself.
  new Exchange(*server, raw, server->handler_(request));
}

std::uint16_t Server::listen(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return 0;
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const char* end = address.data() + address.size();
  const auto [rest, error] = std::from_chars(address.data() + colon + 1, end, port);
  if (error != std::errc() || rest != end) return 0;
  evhttp_bound_socket* bound = evhttp_bind_socket_with_handle(http_, host.c_str(), port);
  if (bound == nullptr) return 0;
  // Accepted sockets inherit it. Else a body waits until its head has been acknowledged: 40 ms.
  const int at_once = 1;
  setsockopt(evhttp_bound_socket_get_fd(bound), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  getsockname(evhttp_bound_socket_get_fd(bound), reinterpret_cast<sockaddr*>(&storage), &size);
  // The port is at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

void Server::run() {
  const auto stop = [](int, short, void* base) {
    event_base_loopbreak(static_cast<event_base*>(base));
  };
  event* interrupt = evsignal_new(base_, SIGINT, stop, base_);
  event* terminate = evsignal_new(base_, SIGTERM, stop, base_);
  event_add(interrupt, nullptr);
  event_add(terminate, nullptr);
  event_base_dispatch(base_);
  event_free(interrupt);
  event_free(terminate);
}

}  // namespace postern::sandbox
