// Who asks, as the socket knows it.
#pragma once

#include "base/fixed_text.h"
#include "http/service.h"

namespace postern::relay {

using CallerName = FixedText<256>;

// "127.0.0.1:7979 127.0.0.1", "unix:/run/postern.sock uid 1000". Ports do not count: each
// connection has another.
CallerName name_of(const http::Caller& caller);

}  // namespace postern::relay
