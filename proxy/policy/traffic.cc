#include "policy/traffic.h"

#include <algorithm>
#include <array>

namespace postern::policy {
namespace {

struct Row {
  std::string_view end;  // of the template
  bool writes;           // only with POST and PUT
  Traffic traffic;
};

constexpr std::array<Row, 6> kRows{{
    {"/chunk-upload/", true, Traffic::kUpload},
    {"/releases/{version}/files/", true, Traffic::kUpload},
    {"/files/dsyms/", true, Traffic::kUpload},
    {"/preprodartifacts/snapshots/", true, Traffic::kUpload},
    {"/autofix/", false, Traffic::kAutofix},
    {"/autofix/setup/", false, Traffic::kAutofix},
}};

// Up to the names of parameters, which are each table's own.
bool ends_like(std::string_view route, std::string_view end) {
  size_t at = route.size();
  for (size_t left = end.size(); left > 0;) {
    if (at == 0 || route[--at] != end[--left]) return false;
    if (end[left] != '}') continue;
    at = route.rfind('{', at);
    left = end.rfind('{', left);
    if (at == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

Traffic traffic_of(http::Method method, std::string_view route) {
  const bool writes = method == http::Method::kPost || method == http::Method::kPut;
  const auto* found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) {
    return (writes || !row.writes) && ends_like(route, row.end);
  });
  return found == kRows.end() ? Traffic::kOrdinary : found->traffic;
}

}  // namespace postern::policy
