// Makes any bytes safe for a log line: what a JSON string may hold and a terminal does not obey.
#pragma once

#include <string>
#include <string_view>

namespace postern::log {

// Appends the body of a JSON string. Control characters (C0, DEL, C1) become \u00XX, each byte that
// is not UTF-8 becomes \ufffd.
void append_escaped(std::string& out, std::string_view text);

// The same in quotes.
void append_quoted(std::string& out, std::string_view text);

// One visible ASCII word that a text line can show without quotes?
bool is_word(std::string_view text);

}  // namespace postern::log
