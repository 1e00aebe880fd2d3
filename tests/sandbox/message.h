// Request and Reply: what handlers see of HTTP. No libevent here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json.h"

namespace postern::sandbox {

// Names and values in the order of the wire; names may repeat.
class Fields final {
 public:
  void add(std::string name, std::string value) {
    items_.emplace_back(std::move(name), std::move(value));
  }
  // The first value; names compare exactly (form fields) or without case (headers).
  std::optional<std::string> get(std::string_view name) const;
  std::optional<std::string> header(std::string_view name) const;
  std::string get_or(std::string_view name, std::string_view otherwise) const;
  std::vector<std::string> all(std::string_view name) const;
  // Nothing when absent or not a whole number.
  std::optional<std::int64_t> number(std::string_view name) const;

  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  bool empty() const { return items_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

struct Request {
  std::string method;
  std::string target;  // as sent
  std::string path;    // as sent, without the query
  std::string raw_query;
  Fields query;  // decoded
  Fields headers;
  std::string_view body;         // valid while the handler runs
  std::string peer;              // address without the port
  std::uint64_t connection = 0;  // counts from 1
};

// A body that is made while it is sent.
struct Download {
  std::uint64_t bytes = 0;
  bool chunked = false;  // otherwise Content-Length
};

// What happens to an answer on its way.
enum class Delivery {
  kWhole,
  kHung,  // nothing is ever sent
  kCut,   // reset after half the body
  kLost,  // reset without a byte
};

struct Reply {
  int status = 200;
  Fields headers;
  std::string body;
  std::optional<Download> download;
  Delivery delivery = Delivery::kWhole;
};

Reply json_reply(int status, const Json& body);
// An object with one string; most of Sentry's errors look like it.
Reply detail_reply(int status, std::string_view detail);
Reply text_reply(int status, std::string_view content_type, std::string body);
Reply redirect_reply(std::string location);

std::string percent_decode(std::string_view text, bool plus_is_space);
std::string percent_encode(std::string_view text);  // all but unreserved characters
Fields parse_form(std::string_view text);
// The form body of a request, empty unless its Content-Type says it is a form.
Fields form_of(const Request& request);
// The segments between slashes, decoded; a trailing slash adds nothing.
std::vector<std::string> segments_of(std::string_view path);
std::vector<std::string> split(std::string_view text, char separator);
bool same_without_case(std::string_view left, std::string_view right);
std::string_view reason_of(int status);

}  // namespace postern::sandbox
