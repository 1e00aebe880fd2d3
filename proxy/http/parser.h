// The strict HTTP/1 head parsers. Sans I/O: bytes in, a value or a refusal out.
//
// Rules: RFC 9112, where it leaves a choice always the stricter one. Bare CR or LF, NUL and control
// bytes, obs-fold, space before a colon, more than one or an odd Content-Length, Content-Length
// beside Transfer-Encoding, any transfer coding but a single `chunked`, Transfer-Encoding in
// HTTP/1.0, a missing (but see HeadLimits), doubled or malformed Host, and targets that are not in
// origin form (or in absolute form with scheme http or https) are refused.
#pragma once

#include "http/parse_types.h"
#include "http/request_parser.h"
#include "http/response_parser.h"
