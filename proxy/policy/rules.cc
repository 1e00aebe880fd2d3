#include "policy/rules.h"

#include <algorithm>

#include "base/name_pattern.h"
#include "policy/template_index.h"

namespace postern::policy {
namespace {

bool is_imitation(const PathPattern& pattern, const Call& call, const ApiPath& path) {
  const Likeness likeness = pattern.likeness(path);
  // What fits byte by byte but for the slash at its end has no template.
  return likeness == Likeness::kNear ||
         (likeness == Likeness::kSame && (pattern.open || call.match.template_index < 0));
}

bool fits_path(const Rule& rule, const Call& call, const ApiPath& path) {
  if (rule.any_path) return true;
  if (call.match.template_index >= 0) {
    const auto index = static_cast<size_t>(call.match.template_index);
    if ((rule.templates[index] & bit(call.method)) != 0) return true;
  }
  return std::any_of(rule.beginnings.begin(), rule.beginnings.end(),
                     [&](const PathPattern& beginning) { return beginning.fits(path); }) ||
         std::any_of(rule.lookalikes.begin(), rule.lookalikes.end(),
                     [&](const PathPattern& pattern) { return is_imitation(pattern, call, path); });
}

bool fits_caller(const Rule& rule, const Call& call) {
  if (!rule.listener.empty() && rule.listener != call.listener) return false;
  if (!rule.grant.empty() && rule.grant != call.grant) return false;
  if (!rule.names.empty() && !fits_any(rule.names, call.name)) return false;
  if (rule.uids.empty()) return true;
  return call.uid && std::find(rule.uids.begin(), rule.uids.end(), *call.uid) != rule.uids.end();
}

// Where a server that decodes the path before it looks for the query takes its end to be.
size_t escaped_end(std::string_view path) {
  for (size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    const std::string_view escape = path.substr(at, 3);
    if (escape == "%3F" || escape == "%3f" || escape == "%23") return at;
  }
  return std::string_view::npos;
}

}  // namespace

Rules Rules::none_allowed(const Catalogue& catalogue) {
  Rules rules(catalogue);
  rules.fallback_ = Effect::kDeny;
  return rules;
}

Verdict Rules::judge(const Call& call) const {
  const Verdict verdict = judge_reading(call);
  if (!verdict.allowed || rules_.empty()) return verdict;
  const size_t end = escaped_end(call.path);
  if (end == std::string_view::npos) return verdict;
  // `…/releases/1%3F/files/2/` is the file of a release here, and the release itself behind a
  // gateway that sends the path on decoded: it has to be allowed as both.
  const std::string_view shorter = call.path.substr(0, end);
  const Match match = catalogue_->match(call.method, shorter);
  const Verdict other =
      judge_reading({call.method, shorter, match, call.listener, call.uid, call.grant, call.name});
  return other.allowed ? verdict : other;
}

Verdict Rules::judge_reading(const Call& call) const {
  using By = Verdict::By;
  if (access_ == AccessMode::kReadOnly && !http::is_safe(call.method))
    return {false, By::kAccess, "policy.access"};
  const ApiPath path = rules_.empty() ? ApiPath{} : split_api_path(call.path).value_or(ApiPath{});
  for (const Rule& rule : rules_) {
    const bool fits = (rule.methods & bit(call.method)) != 0 && fits_caller(rule, call) &&
                      fits_path(rule, call, path);
    if (fits) return {rule.effect == Effect::kAllow, By::kRule, rule.name};
  }
  return {fallback_ == Effect::kAllow, By::kDefault, "policy.default"};
}

}  // namespace postern::policy
