#include "admin/health.h"

#include <algorithm>

namespace postern::admin {
namespace {

std::string fault_of(const GrantReport& grant) {
  if (!grant.usable) {
    return grant.last_error.empty() ? "no usable token (" + grant.state + ")" : grant.last_error;
  }
  return grant.stored ? "" : grant.last_error;
}

bool has_verbose(std::string_view query) {
  return query == "verbose" || query.starts_with("verbose=") || query.starts_with("verbose&");
}

}  // namespace

std::vector<Check> readiness(const StatusReport& report) {
  std::vector<Check> checks;
  checks.push_back({"draining", report.draining ? "is ending" : ""});
  for (const GrantReport& grant : report.grants)
    if (grant.required) checks.push_back({"grant " + grant.name, fault_of(grant)});
  return checks;
}

bool all_pass(const std::vector<Check>& checks) {
  return std::all_of(checks.begin(), checks.end(),
                     [](const Check& check) { return check.fault.empty(); });
}

Response format_checks(std::string_view probe, const std::vector<Check>& checks,
                       std::string_view query) {
  const bool pass = all_pass(checks);
  std::string body;
  for (const Check& check : checks) {
    if (!check.fault.empty()) {
      body += "[-]" + check.name + ": " + check.fault + '\n';
    } else if (has_verbose(query)) {
      body += "[+]" + check.name + " ok\n";
    }
  }
  body += pass && body.empty() ? "ok\n" : std::string(probe) + (pass ? " passed\n" : " failed\n");
  return Response::text(pass ? 200 : 503, std::move(body));
}

}  // namespace postern::admin
