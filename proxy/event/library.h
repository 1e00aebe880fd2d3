// Which libevent this process runs with; another one than it was built with, perhaps.
#pragma once

#include <string_view>

namespace postern::event {

std::string_view libevent_in_use();  // "2.1.12-stable"

}  // namespace postern::event
