// How the names in a configuration are spelt. Pure functions.
#pragma once

#include <string_view>

namespace postern::config {

// One or more of a-z, 0-9 and the characters of `also`.
bool consists_of(std::string_view text, std::string_view also);

// A slug or number as it stands in a path.
bool is_slug(std::string_view text);

// As a file name in the store, and as a header value.
bool is_grant_name(std::string_view text);

// Of an HTTP field (RFC 9110 §5.1), at most 256 bytes.
bool is_field_name(std::string_view text);

// As Sentry writes them (RFC 9562 §4).
bool is_uuid(std::string_view text);

}  // namespace postern::config
