// TlsIdentity: a certificate authority and a server certificate made at start, and the context that
// serves them; counts handshakes.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace postern::sandbox {

struct TlsCounts {
  std::uint64_t full = 0;
  std::uint64_t resumed = 0;
  std::uint64_t tls12 = 0;
  std::uint64_t tls13 = 0;
};

class TlsIdentity final {
 public:
  // `names` are host names beside localhost and the loopback addresses; `max` is "1.2", "1.3" or
  // empty. Ends the process when OpenSSL refuses, which only a broken installation makes it do.
  TlsIdentity(const std::vector<std::string>& names, const std::string& max);
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;
  ~TlsIdentity();

  SSL_CTX* context() { return context_; }
  const std::string& ca_pem() const { return ca_pem_; }
  const TlsCounts& counts() const { return *counts_; }
  // Forgets the ticket keys, so that no earlier session can be resumed.
  void forget_sessions();

 private:
  static void on_info(const SSL* ssl, int where, int value);

  SSL_CTX* context_ = nullptr;
  std::string ca_pem_;
  std::unique_ptr<TlsCounts> counts_;
};

}  // namespace postern::sandbox
