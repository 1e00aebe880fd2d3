// TlsServer: TLS towards callers: the certificate that a listener shows, and what it asks of
// theirs.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "wire/options.h"
#include "wire/tls.h"

namespace postern::wire {

// From the latest beginning to the first end of several certificates.
struct ValidTime {
  WallTime from{};
  WallTime until{};

  bool contains(WallTime now) const { return from <= now && now < until; }
};

// Never changed: other files make another one. Its session tickets end with it, so nobody resumes
// what another authority has let in. Made on any thread, then the loop's.
class TlsServer final {
 public:
  // Reads the files. The error names the file and says why: it is not there, open to others, holds
  // no PEM, or the key is another certificate's. One that has expired is no error.
  static Result<std::shared_ptr<const TlsServer>> make(const ListenTlsOptions& options);

  // A stream over `fd` (not owned), whose handshake is the caller's to begin. It may outlive this.
  // Null: out of memory.
  std::unique_ptr<TlsStream> accept(int fd) const;

  // Would the caller at the other end of `stream`, which another one may have let in, be let in by
  // this? A session that was resumed has its certificate and none of those behind it.
  // REQUIRES: it asks for certificates, and the handshake is done.
  bool trusts(const TlsStream& stream) const;

  // When the first certificate of the file and all those behind it are valid.
  const ValidTime& valid() const { return valid_; }
  WallTime expires() const { return valid_.until; }
  // Hosts that the first one is for (hosts_of).
  const std::vector<std::string>& names() const { return names_; }
  // When the authorities for callers stop being valid, the first to end first; empty: no
  // certificate is asked for.
  const std::vector<WallTime>& authority_ends() const { return authority_ends_; }

  bool shows_as(const TlsServer& other) const;   // the same certificates
  bool trusts_as(const TlsServer& other) const;  // the same authorities for callers

 private:
  explicit TlsServer(SSL_CTX* context);
  Result<void> load(const ListenTlsOptions& options);
  Result<void> load_authorities(const ListenTlsOptions& options);

  std::unique_ptr<SSL_CTX, SslDelete> context_;
  ValidTime valid_;
  std::vector<std::string> names_;
  std::vector<WallTime> authority_ends_;
};

}  // namespace postern::wire
