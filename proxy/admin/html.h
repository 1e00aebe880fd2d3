// Text made safe for HTML: whatever stands in it, a page shows it and obeys none of it.
#pragma once

#include <string>
#include <string_view>

namespace postern::admin {

// Appends `text` for use between tags or in a quoted attribute. Control characters, those that turn
// the direction of writing included, become U+FFFD: a name must not dress up as something else.
void append_html(std::string& out, std::string_view text);
std::string html(std::string_view text);

}  // namespace postern::admin
