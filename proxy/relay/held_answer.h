// An answer held back until it has been read: is it one that the caller should see, and as it is?
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "relay/kept_head.h"

namespace postern::relay {

// A copy of a head and of the body behind it.
class HeldAnswer final {
 public:
  static constexpr size_t kMaxBody = 16 * 1024;  // as it came
  static constexpr size_t kMaxInflated = 64 * 1024;

  // 400 and 401, and with `limited` what speaks of limits, unless the body is known to be too long.
  static bool is_wanted(const http::ResponseHead& head, bool limited);
  // 429 and 5xx: why they came is said in the body.
  static bool speaks_of_limits(int status) { return status == 429 || status / 100 == 5; }

  // `max_body`: as it came, and decoded.
  explicit HeldAnswer(const http::ResponseHead& head, size_t max_body = kMaxBody,
                      size_t max_inflated = kMaxInflated)
      : max_body_(max_body), max_inflated_(max_inflated), head_(head) {}
  HeldAnswer(const HeldAnswer&) = delete;
  HeldAnswer& operator=(const HeldAnswer&) = delete;

  // False: that would be too much; nothing was added.
  bool add(std::string_view bytes);

  const http::ResponseHead& head() const { return head_.head(); }
  std::string_view body() const { return body_; }

  // The body decoded, as far as it is here; nothing when it cannot be read.
  std::optional<std::string> text() const;
  // Once it is whole. What cannot be read (HEAD, a foreign coding) counts as dead_token.h says.
  bool says_token_dead() const;

 private:
  size_t max_body_;
  size_t max_inflated_;
  KeptHead head_;
  std::string body_;
};

}  // namespace postern::relay
