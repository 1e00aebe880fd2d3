// RequestReader: what may reach the control plane. It holds a request back until head and body are
// whole and have been found in order, so that libevhtp never parses a byte of a stranger's
// (libevhtp takes smuggled and split heads for good ones).
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "http/body.h"
#include "http/parser.h"
#include "http/service.h"
#include "relay/guard.h"
#include "relay/problem.h"

namespace postern::admin {

inline constexpr size_t kMaxHead = 16 * 1024;
inline constexpr size_t kMaxBody = 16 * 1024;

// Sans I/O; reads one request. `guard` must outlive it.
class RequestReader final {
 public:
  enum class State : uint8_t { kMore, kWhole, kRefused };

  RequestReader(const relay::Guard& guard, const http::Caller& caller);
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;
  ~RequestReader() { wipe(); }

  // Takes the bytes that have come. Once it is not kMore, it stays so.
  State read(std::string_view bytes);
  bool started() const { return has_head_ || !received_.empty(); }

  // Of a whole request.
  http::Method method() const { return method_; }
  const std::string& path() const { return path_; }
  const std::string& query() const { return query_; }
  const std::string& body() const { return body_; }
  const Secret& bearer() const { return bearer_; }  // of Authorization; may be empty
  const std::string& host() const { return host_; }
  const Secret& cookies() const { return cookies_; }  // joined by "; "
  bool is_own_page() const { return is_own_page_; }   // see Request

  const relay::Problem& problem() const { return problem_; }  // with kRefused

 private:
  State read_head();
  State take_head(const http::RequestHead& head);
  State read_body();
  State refuse(relay::Problem problem);
  void wipe();  // what came may hold the token

  const relay::Guard& guard_;
  const http::Caller& caller_;
  std::string received_;  // until the head is whole; then what of the body is not decoded
  http::RequestParser parser_;
  http::BodyDecoder decoder_;
  bool has_head_ = false;
  State state_ = State::kMore;
  http::Method method_ = http::Method::kGet;
  std::string path_;
  std::string query_;
  std::string body_;
  Secret bearer_;
  std::string host_;
  Secret cookies_;
  bool is_own_page_ = false;
  relay::Problem problem_;
};

}  // namespace postern::admin
