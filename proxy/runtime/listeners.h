// Listeners: where Postern is reached: at addresses that it binds, or at sockets that it was given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/admin.h"
#include "base/log.h"
#include "base/result.h"
#include "config/options.h"
#include "runtime/activation.h"
#include "wire/server.h"

namespace postern::runtime {

// Given sockets are used instead of binding: those for callers in place of `listen`, those of the
// control plane in place of `admin.listen` and `probes.listen`. All arguments must outlive it. Loop
// thread.
class Listeners final {
 public:
  Listeners(wire::Server& server, log::Logger& logger, std::vector<GivenSocket> given);

  // The addresses that callers reach it at, as bound. Errors name the address; nothing is to be
  // served then.
  Result<std::vector<std::string>> open(const config::Options& options);
  const std::vector<std::string>& tls_addresses() const { return tls_addresses_; }
  // The address of the control plane, as bound; empty: probes alone.
  Result<std::string> open_admin(admin::Admin& admin);

 private:
  Result<void> bind(const config::Options& options);
  Result<void> take(GivenSocket& one, const config::Options& options);
  std::vector<GivenSocket>& place_of(const GivenSocket& one);
  Result<void> take_for_admin(admin::Admin::Sockets& sockets);
  void add(std::string address, const wire::ListenOptions& options, std::string_view given);

  wire::Server& server_;
  log::Logger& logger_;
  std::vector<GivenSocket> given_;  // for callers
  std::vector<GivenSocket> given_for_admin_;
  std::vector<GivenSocket> given_for_probes_;
  std::vector<std::string> addresses_;
  std::vector<std::string> tls_addresses_;  // those of them that speak it
};

}  // namespace postern::runtime
