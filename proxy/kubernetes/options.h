// Settings of the Kubernetes API server and of the two objects there, filled by config.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"

namespace postern::kubernetes {

using namespace std::chrono_literals;

// What is empty is taken from the pod that the program runs in: cluster.h.
struct Options {
  std::string server;      // origin, https only
  std::string token_file;  // of the service account; read for each call, since kubelet renews it
  std::string ca_file;     // PEM: who may have signed the server's certificate
  std::string namespace_name;  // of both objects
  std::string secret = "postern-grants";
  std::string lease = "postern-refresh";
  Duration timeout = 5s;  // of a call, connecting included

  bool operator==(const Options&) const = default;
};

}  // namespace postern::kubernetes
