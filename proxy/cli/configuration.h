// Finding and loading the configuration, as every command but `version` does first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "config/load.h"
#include "config/text_file.h"

namespace postern::cli {

// Which file it was, and what is in it. When there is nothing usable all faults are on `err`, one a
// line, and the command must end with kUsage.
struct Configuration {
  std::string file;
  std::string mark;  // file_mark(), taken before it was read
  config::Loaded loaded;
};
std::optional<Configuration> load_configuration(const Arguments& arguments, Context& context);

// Reads `file` as `arguments` and `environment` would have it, whatever is in it by now. `files`:
// it and those that it names may be of. Errors: all faults, one a line. Any thread.
Result<Configuration, std::vector<std::string>> read_configuration(
    const std::string& file, const Arguments& arguments, const config::Environment& environment,
    config::TextFiles files);

// The commands that are about nothing else.
int check(const Arguments& arguments, Context& context);
int show(const Arguments& arguments, Context& context);

}  // namespace postern::cli
