// CORS (Fetch Standard §3.2), for the pages that guard.origins names and for nobody else.
#pragma once

#include "http/message.h"

namespace postern::relay {

// A browser's question whether a page may send a request.
bool is_preflight(const http::RequestHead& head);

// The answer to it: yes. Views point into `head`.
void make_preflight_fields(const http::RequestHead& head, http::Fields& out);

// Lets the page of the request's Origin read this answer and Sentry's rate-limit fields in it.
void append_cors_fields(const http::RequestHead& head, http::Fields& out);

}  // namespace postern::relay
