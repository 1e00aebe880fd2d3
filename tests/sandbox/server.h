// Server: evhttp behind Request and Reply.
//
// Everything runs on the thread that calls run(). A handler decides at once; the answer may leave
// later (`delay_ms`).
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "message.h"

struct event_base;
struct evhttp;
struct evhttp_request;
struct bufferevent;

namespace postern::sandbox {

// How an exchange ended.
enum class Ending { kSent, kAborted };  // kAborted: the client went away before the last byte

struct Outcome {
  Reply reply;
  std::int64_t delay_ms = 0;
  // Called exactly once, at the end of the exchange; may be empty.
  std::function<void(Ending)> finished;
};

using Handler = std::function<Outcome(const Request&)>;

class Server final {
 public:
  // `tls` may be null for plain HTTP and must outlive the server.
  Server(SSL_CTX* tls, Handler handler);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // The port, or 0 when it cannot be listened on. `address` is like 127.0.0.1:0 or [::1]:8443.
  std::uint16_t listen(const std::string& address);
  void run();  // until SIGINT or SIGTERM

  std::uint64_t connections() const { return connections_; }

 private:
  class Exchange;

  static void on_request(evhttp_request* request, void* self);
  static bufferevent* on_connection(event_base* base, void* self);

  SSL_CTX* tls_;
  Handler handler_;
  std::uint64_t connections_ = 0;
  // Which connection a bufferevent serves; a reused address is overwritten, never removed.
  std::unordered_map<bufferevent*, std::uint64_t> numbers_;
  bool stopping_ = false;
  event_base* base_;
  evhttp* http_;
};

}  // namespace postern::sandbox
