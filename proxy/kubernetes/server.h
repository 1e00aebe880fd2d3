// Server: how the API server is asked, by those who may wait for its answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace postern::kubernetes {

enum class Verb : uint8_t { kGet, kPatch };

struct Request {
  Verb verb = Verb::kGet;
  std::string target;  // path and query
  Secret body;         // of a patch: JSON Merge Patch (RFC 7386)
};

inline constexpr int kOk = 200;
inline constexpr int kUnauthorized = 401;
inline constexpr int kNotFound = 404;
inline constexpr int kConflict = 409;
inline constexpr int kGone = 410;

// An object; or with another status the Status that says why there is none.
struct Reply {
  int status = 0;
  Secret body;
};

// Why there is no reply: what, where, what to do. A patch may have been carried out all the same;
// one that tells a resourceVersion may be sent again.
struct Failure {
  std::string what;
};

using Answer = Result<Reply, Failure>;

class Server {
 public:
  virtual ~Server() = default;

  // Waits for the answer, no longer than the timeout. One thread at a time.
  virtual Answer call(const Request& request) = 0;
};

// The failure that an answer amounts to when it is not about the object asked for: the server does
// not know us, does not let us, or cannot just now. `message`: of its Status.
std::optional<Failure> refusal_of(int status, std::string_view message, std::string_view server);

}  // namespace postern::kubernetes
