// What the page needs of the program in order to connect grants and to try them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "grants/keeping.h"
#include "grants/oauth.h"
#include "grants/options.h"

namespace postern::admin {

// A code that Sentry gave, and what it was asked for with.
struct ConnectOrder {
  std::string grant;
  std::vector<std::string> scopes;
  std::string redirect_uri;
  bool replace = false;
  grants::Pkce pkce;
  Secret code;
};

struct Connected {
  std::string user;  // for people; may be empty
  std::vector<std::string> scopes;
};

// What one call with a grant came to.
struct Trial {
  int status = 0;  // 0: there was no answer
  Duration took{};
  std::string problem;  // in words, with what to do; empty: Sentry has answered it well
};

// Loop thread. What is asked for is done to its end, whether or not anybody still waits; `done` is
// called later, once, and not after the program has begun to end.
class Connector {
 public:
  virtual ~Connector() = default;

  // Those of kind oauth, as configured.
  virtual std::vector<const grants::GrantOptions*> grants() const = 0;
  // An address under `listen` that a program of this machine can call, "http://127.0.0.1:7979";
  // empty: there is none.
  virtual std::string api_url() const = 0;

  // Exchanges the code, looks whether the token reaches the organization, stores it, and has the
  // running grant use it.
  virtual void connect(ConnectOrder order,
                       std::function<void(Result<Connected, grants::NotKept>)> done) = 0;
  // One cheap call in the way that a program's would go: with its limits, rules and refreshes.
  virtual void test(const std::string& grant, std::function<void(Trial)> done) = 0;
};

}  // namespace postern::admin
