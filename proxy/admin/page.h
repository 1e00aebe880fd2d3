// What the pages of the control plane are made of: a request that is whole, an answer, a handler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/field.h"
#include "http/method.h"
#include "relay/problem.h"

namespace postern::admin {

// The views live as long as the call.
struct Request {
  http::Method method = http::Method::kGet;  // HEAD is asked as GET
  std::string_view path;
  std::string_view query;         // without '?'
  std::string_view body;          // decoded, at most kMaxBody bytes
  bool may_change = false;        // this user or root on a unix socket, or whoever shows the token
  std::string_view host = {};     // as the caller has named us
  std::string_view cookies = {};  // all of them, joined by "; "
  bool is_head = false;
  bool is_own_page = false;  // the browser says that a page of this very address has sent it
};

struct Response;

// Where an answer goes that comes later than its handler's end.
class Deferred final {
 public:
  explicit Deferred(std::function<void(Response)> answer) : answer_(std::move(answer)) {}

  // Once, on the loop thread, never from inside `later`. REQUIRES: the Work has not been destroyed.
  void answer(Response response) const;

 private:
  std::function<void(Response)> answer_;
};

// What makes a deferred answer. It is destroyed when the answer has been given, or when the caller
// has gone: destroying it must cancel.
using Work = std::shared_ptr<void>;

// The open end of an answer that goes on until its caller leaves. Loop thread.
class Stream {
 public:
  static constexpr size_t kMostWaiting = 64 * 1024;
  virtual ~Stream() = default;
  // What the caller does not take waits. Who lets more than kMostWaiting gather is closed, after
  // the current event.
  virtual void send(std::string_view bytes) = 0;
};

// Whoever writes to a Stream. Destroyed when its caller has gone, before the Stream is.
class Follower {
 public:
  virtual ~Follower() = default;
};

enum class Use : uint8_t {
  kData,  // for programs: as a page it is shut in a sandbox
  kPage,  // shown by a browser: script and style from here alone, never in a frame
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  std::string allow;                 // the methods there are, with 405
  std::string location;              // with 303
  std::vector<std::string> cookies;  // each a value of Set-Cookie
  std::string policy;                // in place of the page's own, see page_policy(); may be empty
  Duration patience{};               // `later` may take so long; zero: admin.timeout
  std::function<void()> then;        // when the connection is over; may be empty
  Use use = Use::kData;
  std::function<Work(Deferred)> later;  // called at once; if there is one, the rest does not count
  // Set: `body` is empty, and the answer goes on for as long as the follower lives. Called once the
  // head has been written; not for HEAD.
  std::function<std::unique_ptr<Follower>(Stream&)> follow;

  static Response of(int status, std::string content_type, std::string body) {
    Response response;
    response.status = status;
    response.content_type = std::move(content_type);
    response.body = std::move(body);
    return response;
  }
  static Response text(int status, std::string body) {
    return of(status, "text/plain; charset=utf-8", std::move(body));
  }
  static Response page(std::string body) {
    Response response = of(200, "text/html; charset=utf-8", std::move(body));
    response.use = Use::kPage;
    return response;
  }
  // To be read there by GET; says nothing to other sites about where it was found.
  static Response see_other(std::string location) {
    Response response = page({});
    response.status = 303;
    response.location = std::move(location);
    return response;
  }
  static Response json(int status, std::string body) {
    return of(status, "application/json", std::move(body));
  }
  static Response problem(const relay::Problem& problem) {
    return of(relay::status(problem.code), "application/problem+json", relay::to_json(problem));
  }
  static Response deferred(std::function<Work(Deferred)> later) {
    Response response;
    response.later = std::move(later);
    return response;
  }
};

inline void Deferred::answer(Response response) const {
  answer_(std::move(response));
}

// The Content-Security-Policy of a page with forms; `targets` is a source list, "'self'".
std::string page_policy(std::string_view targets);

// The fields of an answer but for its framing. The views are into `response`.
http::Fields answer_fields(const Response& response);

// On the loop thread. Answers at once, or says that the answer comes later.
using Handler = std::function<Response(const Request&)>;

}  // namespace postern::admin
