// An explanation for people.
#pragma once

#include <string>

#include "relay/explanation.h"

namespace postern::cli {

// Lines fit for a terminal, whatever the explanation holds.
std::string describe(const relay::Explanation& explanation);

}  // namespace postern::cli
