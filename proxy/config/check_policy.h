// What must hold between the settings of `policy`. Part of check_options().
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "config/load.h"
#include "config/options.h"

namespace postern::config {

// Told of each fault: the path of the setting and what is wrong with it.
using Refuse = std::function<void(std::string path, std::string message)>;

// `earlier`: what is known to be wrong already, and so may be missing in `options`.
void check_policy(const Options& options, const Origins& origins, const Faults& earlier,
                  const Refuse& refuse);

// "listen", 2 → "listen[2]"
std::string item(std::string_view list, size_t index);

}  // namespace postern::config
