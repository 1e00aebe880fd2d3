// Releases with their deploys and files, as sentry-cli makes them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "call.h"

namespace postern::sandbox {

struct Deploy {
  std::string id;
  std::string environment;
  std::optional<std::string> name;
  std::int64_t finished_ms = 0;
};

struct ReleaseFile {
  std::string id;
  std::string name;
  std::string sha1;
  std::uint64_t size = 0;
};

struct Release {
  std::string version;
  std::vector<std::string> projects;  // slugs
  std::string status = "open";        // or "archived"
  std::optional<std::string> ref;
  std::optional<std::string> url;
  std::int64_t created_ms = 0;
  std::optional<std::string> released;  // as the client wrote it
  std::size_t commits = 0;
  std::vector<Deploy> deploys;
  std::vector<ReleaseFile> files;
};

struct Releases {
  // By organization slug, the newest last.
  std::map<std::string, std::vector<Release>> of;
  std::uint64_t last_id = 0;  // of deploys and files

  Release* find(const std::string& organization, std::string_view version);
};

const std::vector<Endpoint>& release_endpoints();

}  // namespace postern::sandbox
