// Who asks, as the connection knows it.
#pragma once

#include "base/fixed_text.h"
#include "http/service.h"

namespace postern::relay {

using CallerName = FixedText<320>;

// "127.0.0.1:7979 127.0.0.1", "unix:/run/postern.sock uid 1000"; of whoever has shown a certificate
// "0.0.0.0:7979/web.shop.svc", and if that is a trusted proxy's, with the address that it calls for
// behind it. Ports do not count: each connection has another.
CallerName name_of(const http::Caller& caller);

}  // namespace postern::relay
