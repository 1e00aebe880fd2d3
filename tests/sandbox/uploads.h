// Chunk upload and assembly, and the endpoints that exist only here: a sink, a source and an echo.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "call.h"

namespace postern::sandbox {

// A file that was put together of chunks, its checksum verified.
struct Assembled {
  std::string kind;      // artifact_bundle, release_files, debug_file
  std::string name;      // of a debug file
  std::string checksum;  // sha1
  std::string content;
  std::size_t chunks = 0;
};

struct Uploads {
  std::map<std::string, std::string> chunks;  // content by sha1
  std::vector<Assembled> files;               // the newest last

  const Assembled* find(std::string_view kind, std::string_view checksum) const;
};

const std::vector<Endpoint>& upload_endpoints();

}  // namespace postern::sandbox
