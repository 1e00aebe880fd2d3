// Heads of requests and responses as values, and how long the body behind them is.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/field.h"
#include "http/method.h"

namespace postern::http {

// Where a body ends (RFC 9112 §6.3).
struct Framing {
  enum class Kind : uint8_t {
    kNone,        // no body
    kLength,      // `length` bytes
    kChunked,     // until the last chunk
    kUntilClose,  // responses only: until the peer closes
  };
  Kind kind = Kind::kNone;
  uint64_t length = 0;

  static constexpr Framing none() { return {}; }
  static constexpr Framing of_length(uint64_t n) { return {Kind::kLength, n}; }
  static constexpr Framing chunked() { return {Kind::kChunked, 0}; }
  static constexpr Framing until_close() { return {Kind::kUntilClose, 0}; }
  // Is there anything to read? A length of 0 counts as no.
  bool has_body() const { return kind != Kind::kNone && !(kind == Kind::kLength && length == 0); }
};

// A request head that has passed every rule of RFC 9112 this proxy insists on. All views point into
// the bytes that were parsed.
struct RequestHead {
  Method method = Method::kGet;
  std::string_view method_text;
  std::string_view target;  // origin form, byte for byte: path and query. Absolute form: the part
                            // behind the authority
  std::string_view path;    // target up to '?'
  std::string_view query;   // behind '?', without it
  std::string_view authority;  // the Host field, or the authority of an absolute-form target
  int minor_version = 1;       // HTTP/1.0 or HTTP/1.1
  Fields fields;
  Framing framing;
  bool keep_alive = true;  // from the version and Connection
  bool expect_continue = false;

  void clear() {
    Fields kept = std::move(fields);
    kept.clear();
    *this = RequestHead{};
    fields = std::move(kept);
  }
};

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  int minor_version = 1;
  Fields fields;
  Framing framing;  // of the body that follows
  // What the fields say, also where no body follows: the answer to HEAD, and 304, tell how long the
  // body of a GET would be (RFC 9110 §8.6). To be passed on, not to be read by.
  Framing declared;
  bool keep_alive = true;

  void clear() {
    Fields kept = std::move(fields);
    kept.clear();
    *this = ResponseHead{};
    fields = std::move(kept);
  }
};

}  // namespace postern::http
