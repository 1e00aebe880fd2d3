// Finding the running instance by a configuration that may be faulty: Postern serves on with the
// one before, so whoever asks it must not need a right one.
#pragma once

#include "config/load.h"
#include "config/options.h"

namespace postern::config {

struct Whereabouts {
  Options options;         // defaults, but for the settings below; without grants
  bool is_certain = true;  // false: part of the file could not be read and may name other places
};

// Reads runtime_file, store.path, admin.listen, admin.token_file and admin.read_only, whatever else
// is wrong. A place that is given and cannot be read is empty, and so is what follows from it.
Whereabouts find_whereabouts(const Source& source);

}  // namespace postern::config
