#include "relay/caller_name.h"

namespace postern::relay {
namespace {

// Each connection has another port.
std::string_view without_port(std::string_view address) {
  const size_t bracket = address.rfind(']');
  if (bracket != std::string_view::npos) return address.substr(0, bracket + 1);
  return address.substr(0, address.rfind(':'));
}

}  // namespace

CallerName name_of(const http::Caller& caller) {
  CallerName name(caller.listener);
  if (!caller.name.empty()) {
    name.append("/");
    name.append(caller.name);
    if (!caller.is_behind_proxy) return name;
  }
  name.append(" ");
  if (caller.uid) {
    name.append("uid ");
    name.append(uint64_t{*caller.uid});
  } else {
    name.append(without_port(caller.address));
  }
  return name;
}

}  // namespace postern::relay
