// Applications: the OAuth clients that are registered, and where they may be sent back to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"

namespace postern::sandbox {

struct Application {
  std::string id;
  std::optional<std::string> secret;  // a Public application has none
  std::vector<std::string> redirect_uris;
  bool active = true;
  // New applications still have version 0: any URI that begins with a registered one is accepted.
  int version = 0;
};

class Applications final {
 public:
  // The application of the options, and the Public application `sandbox-public`.
  explicit Applications(const Options& options);

  Application* find(std::string_view id);

 private:
  std::vector<Application> all_;
};

// Sentry's three rules in their order: equal after normalising the path; loopback with any port
// where the registered URI has none; a registered prefix (version 0).
bool may_redirect(const Application& application, const std::string& uri);

}  // namespace postern::sandbox
