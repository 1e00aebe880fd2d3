// What a person does about a grant, in words and in commands that work as they are pasted: they
// name the configuration that this process was given.
#pragma once

#include <string>

#include "grants/options.h"

namespace postern::grants {

// "postern login --config my.yaml --grant acme": brings a grant of kind oauth a token. By import
// where no application is configured that could ask for one.
std::string login_command(const GrantOptions& grant);
std::string doctor_command(const GrantOptions& grant);
std::string serve_command(const GrantOptions& grant);

// A grant without a live token, "run: postern login --grant acme"; what is right depends on its
// kind.
std::string remedy(const GrantOptions& grant);

// A stored grant that cannot be used as it is: corrected, or replaced.
std::string repair(const GrantOptions& grant);

}  // namespace postern::grants
