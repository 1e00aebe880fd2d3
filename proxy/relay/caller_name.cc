#include "relay/caller_name.h"

namespace postern::relay {

CallerName name_of(const http::Caller& caller) {
  CallerName name(caller.listener);
  name.append(" ");
  if (caller.uid) {
    name.append("uid ");
    name.append(uint64_t{*caller.uid});
  } else {
    name.append(caller.address.substr(0, caller.address.rfind(':')));
  }
  return name;
}

}  // namespace postern::relay
