// Which header fields travel, and which are put in or taken out on the way.
#pragma once

#include <string_view>

#include "http/message.h"

namespace postern::relay {

// The fields of the request as sent to Sentry, into `out` (cleared first): the caller's fields in
// their order, without hop-by-hop and framing fields, those that Connection names (content fields
// cannot be named), credentials, browser fields (Sec-* included), and what tells or overrides where
// a request came from or goes to (Forwarded, Via, X-Forwarded-*, X-Original-URL…); then Accept:
// application/json if there was none, Accept-Encoding narrowed to gzip or identity, and last
// Authorization. `request_id` stands in the place of the caller's X-Request-Id, or before
// Authorization; empty: there is none. Views point into `head`, static text and the arguments.
void make_request_fields(const http::RequestHead& head, std::string_view request_id,
                         std::string_view authorization, http::Fields& out);

// The same for what is sent by a DSN, which takes no token: fields that carry the DSN's key stay,
// an Authorization of the scheme Sentry among them.
void make_ingest_fields(const http::RequestHead& head, std::string_view request_id,
                        http::Fields& out);

// The fields of the response as sent to the caller, into `out` (cleared first): Sentry's fields in
// their order and lines, without hop-by-hop and framing fields, those that Connection names,
// Set-Cookie, HSTS, CSP, Access-Control-*, Alt-Svc, X-Sentry-Proxy-URL, and what is Postern's own
// to say (X-Request-Id, Server-Timing, X-Postern-*); then the safety fields. Link and Location are
// passed as they are: rewriting is rewrite.h's.
void make_response_fields(const http::ResponseHead& head, http::Fields& out);

// The three safety fields, for answers of our own too.
void append_safety_fields(http::Fields& out);

}  // namespace postern::relay
