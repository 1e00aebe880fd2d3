// JSON that the commands read and write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::cli {

struct SeenOrganization {
  std::string slug;
  std::string id;  // digits
};

// Answers of /api/0/organizations/{slug}/ and of /api/0/organizations/.
Result<SeenOrganization> parse_organization(std::string_view json);
Result<std::vector<SeenOrganization>> parse_organizations(std::string_view json);

// What GET /api/status tells, and what `status` reads from the store when nothing runs. Times are
// RFC 3339; empty text: unknown.
struct GrantReport {
  std::string name;
  std::string kind;
  std::string state;
  bool required = true;
  SeenOrganization organization;
  std::string user_id;
  std::string user_name;
  std::string user_email;
  std::vector<std::string> scopes;
  std::string expires_at;
  std::optional<int64_t> expires_in_s;
  std::string next_refresh;
  uint64_t generation = 0;
  std::string last_error;
  std::string last_error_at;
  bool stored = true;
  bool needs_person = false;
  std::string where;
  uint64_t refreshes = 0;
};
struct StatusReport {
  bool running = false;  // false: read from the store, so version, pid and uptime are not there
  std::string version;
  int64_t pid = 0;
  int64_t uptime_s = 0;
  bool ready = false;
  std::vector<GrantReport> grants;
};

Result<StatusReport> parse_status(std::string_view json);
std::string format_status(const StatusReport& report);  // the same document, with "running"

}  // namespace postern::cli
