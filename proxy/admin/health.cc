#include "admin/health.h"

#include <algorithm>

namespace postern::admin {
namespace {

std::string fault_of(const GrantReport& grant, bool must_be_stored) {
  if (!grant.usable) {
    return grant.last_error.empty() ? "no usable token (" + grant.state + ")" : grant.last_error;
  }
  return grant.stored || !must_be_stored ? "" : grant.last_error;
}

std::string whole_seconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

std::string fault_of(const event::Stalls& stalls) {
  if (!stalls.last_seen || *stalls.last_seen > kStallMemory) return "";
  return "stood still for " + whole_seconds(stalls.last) + ", " + whole_seconds(*stalls.last_seen) +
         " ago; the log has loop_stalled";
}

std::string leak_of(std::string_view what, size_t held, size_t requests) {
  if (held <= requests) return "";
  return std::to_string(held) + " held by " + std::to_string(requests) +
         " requests: " + std::string(what) + " of requests that are gone; please report this";
}

bool has_verbose(std::string_view query) {
  return query == "verbose" || query.starts_with("verbose=") || query.starts_with("verbose&");
}

}  // namespace

std::vector<Check> liveness(const Vitals& vitals) {
  return {{"loop", fault_of(vitals.stalls)},
          {"limits", leak_of("places", vitals.admitted, vitals.requests)},
          {"connections", leak_of("calls", vitals.calls, vitals.requests)}};
}

std::vector<Check> readiness(const StatusReport& report) {
  std::vector<Check> checks;
  checks.push_back({"draining", report.draining ? "is ending" : ""});
  const bool needs_store = !report.store_is_shared;
  for (const GrantReport& grant : report.grants)
    if (grant.required) checks.push_back({"grant " + grant.name, fault_of(grant, needs_store)});
  if (needs_store) checks.push_back({"store", report.store_fault});
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
