// A path under /api/0/ in its segments.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::policy {

inline constexpr std::string_view kApiPrefix = "/api/0/";

// The segments behind kApiPrefix as they stand in the path: parted at each '/', not decoded, empty
// ones kept. Views into the path.
struct ApiPath {
  static constexpr size_t kMostSegments = 16;  // no endpoint is deeper

  std::array<std::string_view, kMostSegments + 1> segments;
  size_t count = 0;    // kMostSegments + 1: there may be more, which are not looked at
  bool slash = false;  // the path ends in one

  // What follows the first `known` segments. REQUIRES: split from `path`, known <= count.
  std::string_view behind(size_t known, std::string_view path) const;
};

// Nothing for a path that does not begin with kApiPrefix. Does not judge the path: see classify().
std::optional<ApiPath> split_api_path(std::string_view path);

}  // namespace postern::policy
