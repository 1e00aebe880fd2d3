// Defaults that depend on the machine, and where the configuration file is looked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/environment.h"
#include "config/options.h"

namespace postern::config {

// Options with every default filled in but no grant.
Options default_options(const Environment& environment);

// $STATE_DIRECTORY, else /var/lib/postern for root, else $XDG_STATE_HOME/postern, else
// ~/.local/state/postern; a folder in /tmp only if there is no home either.
std::string default_state_folder(const Environment& environment);

// Read-only scopes: what a grant asks for when it does not say.
const std::vector<std::string>& default_scopes();

// What follows from the settings that were given, once all are in.
void fill_in(Options& options, bool has_runtime_file);

// The file to read: the one that was asked for, else POSTERN_CONFIG, else the first of
// ./postern.yaml and /etc/postern/postern.yaml that exists. Empty: there is none.
std::string find_config_file(const std::string& asked_for, const Environment& environment);

}  // namespace postern::config
