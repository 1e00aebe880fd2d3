// Settings of one Redis or Valkey, filled by config.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace postern::redis {

using namespace std::chrono_literals;

// Which servers these name, and whether they go together: topology.h.
struct Options {
  std::string url;                     // redis://host:6379/0, rediss://host, unix:///path; or
  std::vector<std::string> addresses;  // several such, of Sentinels or of nodes of a cluster
  std::string master;                  // what Sentinel calls it; empty: the addresses are servers
  bool cluster = false;                // the addresses are nodes of a Redis Cluster
  std::string user;                    // ACL; empty: the user called default
  Secret password;                     // or
  std::string password_file;           // read for each connection, so that it may change
  std::string sentinel_password_file;  // Sentinels that ask for one; empty: none
  std::string ca_file;                 // rediss: PEM; empty: the system's authorities
  std::string certificate_file;        // rediss: client certificate, PEM; and
  std::string key_file;                // its key
  std::string prefix = "postern";      // what all keys begin with
  Duration connect_timeout = 2s;       // name, TCP, TLS, password and database together
  Duration timeout = 2s;               // from a command's sending to its reply
  Duration presence = 5s;              // an instance says there so often that it is there
  uint32_t wait_replicas = 0;          // how many must have a new token before it is used

  bool operator==(const Options&) const = default;
};

}  // namespace postern::redis
