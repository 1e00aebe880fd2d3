// Socket activation: listening sockets that a service manager has opened for this process
// (sd_listen_fds(3)). They outlive it, so that who calls while it is started anew only waits.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/options.h"
#include "wire/options.h"
#include "wire/socket.h"

namespace postern::runtime {

struct GivenSocket {
  std::string name;  // FileDescriptorName= of the unit; "unknown" where nothing was said
  wire::Socket socket;
};

// The name of the one that is the control plane's; all others are for callers.
inline constexpr const char* kAdminSocket = "admin";

// LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, which leave the environment. Call once, before
// anything else is opened. REQUIRES: the process has one thread.
std::vector<GivenSocket> take_given_sockets();

// The settings for a given socket that is bound to `address`: those of the entry of `listen` that
// has its name, or else its address, or of any if it makes no difference which. Errors: no entry
// can be told to be meant, or it does not allow such a socket.
Result<wire::ListenOptions> settings_for(const std::string& name, const std::string& address,
                                         const config::Options& options);

}  // namespace postern::runtime
