// Trace context: what a caller's traceparent says (W3C Trace Context, level 2). Postern takes no
// part in a trace: the field goes on as it came, and its id is logged.
#pragma once

#include <string_view>

#include "http/field.h"

namespace postern::relay {

// The 32 digits of the trace id, a view of `traceparent`; empty unless that is well-formed.
std::string_view trace_id_of(std::string_view traceparent);

// The same of a request's fields. Empty too when there are several, of which none is meant.
std::string_view trace_id_of(const http::Fields& request);

}  // namespace postern::relay
