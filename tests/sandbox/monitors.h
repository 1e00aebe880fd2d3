// Monitors of recurring jobs, as clients make, list, change and delete them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "call.h"

namespace postern::sandbox {

struct Monitor {
  std::string id;
  std::string slug;
  std::string name;
  std::string project;            // slug
  std::string status = "active";  // or "disabled"
  std::string schedule_type = "crontab";
  std::string schedule;
};

struct Monitors {
  std::map<std::string, std::vector<Monitor>> of;  // by organization slug, the newest last

  Monitor* find(const std::string& organization, std::string_view slug_or_id);
};

const std::vector<Endpoint>& monitor_endpoints();

}  // namespace postern::sandbox
