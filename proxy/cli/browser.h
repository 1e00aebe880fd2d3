// Opening a web browser, where there is one.
#pragma once

#include <string>

#include "config/environment.h"

namespace postern::cli {

// Is there a display that a browser could appear on?
bool has_display(const config::Environment& environment);

// Starts the desktop's opener for `url` and does not wait for it. Variables of Postern, which may
// hold secrets, are kept from it. False if there is none.
bool open_browser(const std::string& url, const config::Environment& environment);

}  // namespace postern::cli
