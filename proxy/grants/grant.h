// A grant: the right to act in one organization, and the token that proves it at the moment.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "grants/token.h"

namespace postern::grants {

struct Client {  // the OAuth application at Sentry
  std::string id;
  Secret secret;  // empty: a Public application
};

struct GrantOptions {
  std::string name;          // defaults to the organization
  std::string organization;  // slug
  std::string sentry_url;    // origin, "https://sentry.io"
  Client client;
  std::vector<std::string> scopes;
  bool required = true;
};

enum class GrantState : uint8_t { kMissing, kLive, kExpired };

// Owned by the registry; the loop thread.
class Grant final {
 public:
  explicit Grant(GrantOptions options) : options_(std::move(options)) {}
  Grant(const Grant&) = delete;
  Grant& operator=(const Grant&) = delete;

  const GrantOptions& options() const { return options_; }
  GrantState state(WallTime now) const {
    if (!token_) return GrantState::kMissing;
    return token_->expired(now) ? GrantState::kExpired : GrantState::kLive;
  }
  // Null when missing. An expired token is returned too: ask state() first.
  const std::shared_ptr<const Token>& token() const { return token_; }
  // Takes over a token read from the store, or null when the store has none.
  void adopt(std::shared_ptr<const Token> token) { token_ = std::move(token); }

 private:
  GrantOptions options_;
  std::shared_ptr<const Token> token_;
};

}  // namespace postern::grants
