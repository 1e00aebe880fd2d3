// The configuration as text: what is in force and why, and the reference of all there is.
#pragma once

#include <string>

#include "config/load.h"

namespace postern::config {

// The effective configuration as YAML, and behind each value where it comes from. Secrets are ***,
// and so is what stands behind the name in guard.require_header and token_parameters.
std::string show(const Loaded& loaded);

// Every key with its default, its unit and a line about it: the contents of conf/reference.yaml.
std::string reference();

}  // namespace postern::config
