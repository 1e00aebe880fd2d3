// Settings of sockets, filled by config.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/parser.h"

namespace postern::wire {

using namespace std::chrono_literals;

// TLS of a listener. Files are PEM.
struct ListenTlsOptions {
  std::string certificate_file;           // its own first, then those that lead to the authority's
  std::string key_file;                   // readable by nobody else
  std::string client_ca_file;             // callers must have a certificate of these; empty: none
  std::vector<std::string> client_names;  // patterns (base/name_pattern.h); empty: any certificate

  bool operator==(const ListenTlsOptions&) const = default;
  bool is_on() const { return !certificate_file.empty(); }
  bool asks_for_certificates() const { return !client_ca_file.empty(); }
};

// One entry of `listen`.
struct ListenOptions {
  std::string address;         // "127.0.0.1:7979", "[::1]:7979", "unix:/run/postern.sock"
  std::string name;            // for rules; several may share one. Empty: the address
  std::string grant;           // ceiling for all that comes in here; empty: any
  int mode = 0600;             // unix sockets: permission bits
  std::vector<uint32_t> uids;  // unix sockets: allowed peer uids; empty: any that may connect
  bool allow_remote = false;   // TCP: required for an address that is not loopback
  ListenTlsOptions tls;        // TCP only
};

// What rules call it.
inline const std::string& identity_of(const ListenOptions& listener) {
  return listener.name.empty() ? listener.address : listener.name;
}

enum class HalfClose : uint8_t { kCancel, kServe };

struct ServerOptions {
  http::HeadLimits limits;
  Duration head_timeout = 10s;   // a head must be whole by then
  Duration body_timeout = 30s;   // longest silence inside a request body
  Duration write_timeout = 30s;  // longest time a client may refuse to take bytes
  Duration idle_timeout = 75s;   // keep-alive connection between requests
  HalfClose half_close = HalfClose::kCancel;
  uint32_t max_connections = 12000;
  uint32_t max_handshakes = 512;   // of TLS, under way at a time; one more ends the oldest
  size_t max_unsent = 256 * 1024;  // answer bytes held for a slow client before the upstream waits
  // "10.0.0.0/8": of a peer in there, X-Forwarded-For tells who the caller is.
  std::vector<std::string> trusted_proxies;
};

struct TlsOptions {
  std::string ca_file;           // PEM; replaces the system's authorities. Empty: SSL_CERT_FILE,
                                 // SSL_CERT_DIR, system
  std::string certificate_file;  // PEM, with the chain; shown to a server that asks. Empty: none
  std::string key_file;          // of it, PEM, without a passphrase
  bool http = true;              // says in ALPN that HTTP/1.1 will be spoken
  bool resumes = true;           // sessions; for one server alone
};

struct UpstreamOptions {
  std::string url = "https://sentry.io";  // origin
  TlsOptions tls;
  std::string egress_proxy;  // "http://[user:password@]host:port"; empty: HTTPS_PROXY and NO_PROXY
  Duration connect_timeout = 5s;      // name, TCP, egress proxy and TLS together
  Duration first_byte_timeout = 90s;  // from the request sent to the whole head of the answer
  Duration idle_timeout = 60s;        // longest silence inside a body, either way
  Duration total_timeout = 0s;        // whole call; 0: none
  Duration queue_timeout = 20s;       // longest wait for a connection to become free
  Duration keep_alive = 55s;          // idle connections older than this are closed
  uint32_t max_connections = 64;
  uint32_t max_handshakes = 8;     // at the same time
  uint32_t max_waiting = 1000;     // calls waiting for a connection
  size_t high_water = 256 * 1024;  // body bytes on their way to a slow client before reading stops
  http::HeadLimits limits{8 * 1024, 64 * 1024, 200, 256};
};

}  // namespace postern::wire
