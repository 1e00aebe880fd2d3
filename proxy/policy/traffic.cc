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

}  // namespace

Traffic traffic_of(http::Method method, std::string_view route) {
  const bool writes = method == http::Method::kPost || method == http::Method::kPut;
  const auto* found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) {
    return (writes || !row.writes) && route.ends_with(row.end);
  });
  return found == kRows.end() ? Traffic::kOrdinary : found->traffic;
}

}  // namespace postern::policy
