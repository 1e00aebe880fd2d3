// BodyTap: the beginnings of the two bodies of a request, for people who look for a fault
// (admin.inspect_bodies).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "http/field.h"

namespace postern::relay {

// What a person can be shown of a body.
struct ReadableBody {
  std::string text;     // UTF-8, what was gzip inflated, tokens masked; empty: see `form`
  std::string form;     // "text"; what it is that is not shown, "gzip", "br", "binary"; empty: none
  bool is_cut = false;  // there was more of it
};

struct ReadableBodies {
  ReadableBody request;   // as far as it was sent to Sentry
  ReadableBody response;  // as far as the caller was sent it: Sentry's, the cache's or our own
};

// Owned by an exchange that is to have one. What it holds may have tokens in it; what it gives has
// none. At most 2 × `most` bytes.
class BodyTap final {
 public:
  explicit BodyTap(size_t most) : most_(most) {}
  BodyTap(const BodyTap&) = delete;
  BodyTap& operator=(const BodyTap&) = delete;

  void add_request(std::string_view bytes) { add(request_, bytes); }
  void on_response_head(const http::Fields& fields) { response_coding_ = coding_of(fields); }
  void add_response(std::string_view bytes) { add(response_, bytes); }

  // At most `most` bytes each. `tokens` are masked wherever they stand, and what else looks like
  // one (token_mask.h).
  ReadableBodies readable(const http::Fields& request_fields,
                          std::span<const std::string_view> tokens) const;

 private:
  struct Beginning {
    std::string bytes;
    bool is_cut = false;
  };
  static std::string coding_of(const http::Fields& fields);
  void add(Beginning& to, std::string_view bytes) const;
  ReadableBody read(const Beginning& from, const std::string& coding,
                    std::span<const std::string_view> tokens) const;

  const size_t most_;
  Beginning request_;
  Beginning response_;
  std::string response_coding_;
};

}  // namespace postern::relay
