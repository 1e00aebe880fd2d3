// How this program was built. What is behind it is written when the build is configured, from
// build_facts.cc.in, and holds neither a time nor a path, so that the same sources and tools make
// the same program.
#pragma once

#include <string_view>

namespace postern::cli {

struct BuildFacts {
  std::string_view compiler;    // "GNU 12.2.0"
  std::string_view type;        // "Release"; may be empty
  std::string_view flags;       // of compiler and linker, without warnings
  std::string_view sanitizers;  // "address,undefined"; mostly empty
  bool is_hardened = false;
  bool is_link_time_optimized = false;
  bool allows_old_libraries = false;  // POSTERN_ALLOW_OLD_LIBRARIES: some may lack fixes
  std::string_view libraries;         // "OpenSSL 3.0.19;zlib 1.2.13": those it was built with
};

BuildFacts build_facts();

}  // namespace postern::cli
