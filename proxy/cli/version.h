// What `postern version` prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/version.h"
#include "cli/build_facts.h"

namespace postern::cli {

struct Library {
  std::string name;
  std::string built_with;
  std::string runs_with;  // empty: the library does not tell
};

struct VersionView {
  std::string_view version;
  Commit commit;
  BuildFacts build;
  std::vector<Library> libraries;
};

// Of this program, in this process.
VersionView this_version();

// Is what runs older than what it was built with? Then fixes may be missing.
bool is_older(const Library& library);

// "postern 0.1.0 (3f2a91c04d5e)", without an end of line.
std::string version_line(const VersionView& view);

// That line, then the build, then a table of the libraries.
std::string version_text(const VersionView& view);

}  // namespace postern::cli
