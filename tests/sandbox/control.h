// The control calls below /_sandbox/: what tests order and ask. README.md lists them.
#pragma once

#include "message.h"

namespace postern::sandbox {

struct World;
class Server;
class TlsIdentity;

struct Controls {
  World& world;
  const Server* server;
  TlsIdentity* tls;  // null when serving plain HTTP
};

Reply answer_control(const Controls& controls, const Request& request);

}  // namespace postern::sandbox
