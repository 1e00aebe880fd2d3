#include "http/writer.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cstring>

#include "http/status.h"

namespace postern::http {
namespace {

constexpr std::string_view kCrlf = "\r\n";
constexpr size_t kMaxDigits = 20;
// Enough for the start line's fixed parts and the framing and connection fields.
constexpr size_t kFixedPart = 160;

// Writes into room that was measured before.
class Cursor final {
 public:
  Cursor(Buffer& out, size_t room) : out_(out), begin_(out.prepare(room).data()), at_(begin_) {}
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor() { out_.commit(static_cast<size_t>(at_ - begin_)); }

  Cursor& put(std::string_view text) {
    if (text.empty()) return *this;  // an empty view may be null, which memcpy must not be given
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Cursor& put(uint64_t number) {
    at_ = std::to_chars(at_, at_ + kMaxDigits, number).ptr;
    return *this;
  }
  void put(const Fields& fields) {
    for (const Field& field : fields) {
      assert(is_token(field.name) && is_field_value(field.value));
      put(field.name).put(": ").put(field.value).put(kCrlf);
    }
  }

 private:
  Buffer& out_;
  char* begin_;
  char* at_;
};

size_t size_of(const Fields& fields) {
  size_t size = 0;
  for (const Field& field : fields) size += field.name.size() + field.value.size() + 4;
  return size;
}

const Fields& or_none(const Fields* fields) {
  static const Fields none;
  return fields != nullptr ? *fields : none;
}

void put_length(Cursor& cursor, uint64_t length) {
  cursor.put("Content-Length: ").put(length).put(kCrlf);
}

void put_chunked(Cursor& cursor) {
  cursor.put("Transfer-Encoding: chunked\r\n");
}

// A request whose method gives a body a meaning says that there is none (RFC 9110 §8.6).
bool must_tell_no_body(Method method) {
  return method == Method::kPost || method == Method::kPut || method == Method::kPatch;
}

// How the body of this answer can be framed for this client.
Framing client_framing(const OutgoingResponse& response, int minor_version) {
  if (is_bodiless(response.status)) return Framing::none();
  switch (response.framing.kind) {
    case Framing::Kind::kLength:
      return response.framing;
    case Framing::Kind::kNone:
      return Framing::none();
    case Framing::Kind::kChunked:
    case Framing::Kind::kUntilClose:
      break;
  }
  return minor_version >= 1 ? Framing::chunked() : Framing::until_close();
}

// kNone says "Content-Length: 0", but not where RFC 9110 §8.6 forbids it or where it would claim
// something about another answer (HEAD, 304).
void put_framing(Cursor& cursor, const OutgoingResponse& response, Framing framing) {
  const bool told = framing.kind == Framing::Kind::kLength ||
                    (response.status == 304 && response.framing.kind == Framing::Kind::kLength);
  if (told) {
    put_length(cursor, response.framing.length);
  } else if (framing.kind == Framing::Kind::kChunked) {
    put_chunked(cursor);
  } else if (framing.kind == Framing::Kind::kNone && !response.no_body &&
             !is_bodiless(response.status)) {
    put_length(cursor, 0);
  }
}

void put_connection(Cursor& cursor, bool close, int minor_version) {
  if (close) {
    cursor.put("Connection: close\r\n");
  } else if (minor_version == 0) {
    cursor.put("Connection: keep-alive\r\n");
  }
}

}  // namespace

void write_request(Buffer& out, const OutgoingRequest& request) {
  const Fields& fields = or_none(request.fields);
  Cursor cursor(out, kFixedPart + request.method_text.size() + request.target.size() +
                         request.authority.size() + size_of(fields));
  cursor.put(request.method_text).put(" ").put(request.target).put(" HTTP/1.1\r\nHost: ");
  cursor.put(request.authority).put(kCrlf);
  cursor.put(fields);
  switch (request.framing.kind) {
    case Framing::Kind::kLength:
      put_length(cursor, request.framing.length);
      break;
    case Framing::Kind::kChunked:
      put_chunked(cursor);
      break;
    case Framing::Kind::kNone:
      if (must_tell_no_body(request.method)) put_length(cursor, 0);
      break;
    case Framing::Kind::kUntilClose:
      assert(false && "a request body cannot end with the connection");
      break;
  }
  cursor.put(kCrlf);
}

Framing write_response(Buffer& out, const OutgoingResponse& response, ConnectionWords connection) {
  const Fields& fields = or_none(response.fields);
  const std::string_view reason =
      response.reason.empty() ? reason_phrase(response.status) : response.reason;
  const int minor_version = connection.peer_minor_version;
  const Framing framing = client_framing(response, minor_version);
  const bool endless = framing.kind == Framing::Kind::kUntilClose && !response.no_body;
  Cursor cursor(out, kFixedPart + reason.size() + size_of(fields));
  cursor.put("HTTP/1.1 ").put(static_cast<uint64_t>(response.status)).put(" ").put(reason);
  cursor.put(kCrlf);
  cursor.put(fields);
  put_framing(cursor, response, framing);
  put_connection(cursor, endless || !connection.keep_alive, minor_version);
  cursor.put(kCrlf);
  return response.no_body ? Framing::none() : framing;
}

}  // namespace postern::http
