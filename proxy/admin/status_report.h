// What Postern says about itself: the document of GET /api/status and of `postern status --json`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "relay/explanation.h"

namespace postern::admin {

// Times are RFC 3339; empty text: unknown.
struct GrantReport {
  std::string name;
  std::string kind;
  std::string state;
  bool required = true;
  bool usable = false;  // has a token that has not expired
  std::string organization;
  std::string organization_id;
  std::string user_id;
  std::string user_name;
  std::string user_email;
  std::vector<std::string> scopes;
  std::string expires_at;
  std::optional<int64_t> expires_in_s;
  std::optional<int64_t> lifetime_s;  // the whole of it, from when the token was obtained
  std::string next_refresh;
  uint64_t generation = 0;
  std::string last_error;
  std::string last_error_at;
  std::string remedy;  // of a grant that cannot serve, or will not for long: what a person does
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
  bool draining = false;
  std::vector<std::string> listen;
  std::vector<GrantReport> grants;
  std::vector<relay::BucketView> limits;  // the most recently used, at most kMostLimits

  static constexpr size_t kMostLimits = 100;
};

std::string format_status(const StatusReport& report);
std::string format_grants(const StatusReport& report);     // GET /api/grants
Result<StatusReport> parse_status(std::string_view json);  // of a running instance

}  // namespace postern::admin
