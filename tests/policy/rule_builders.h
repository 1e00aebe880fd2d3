// Rules made by hand, and requests put before them, for the tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "policy/rules.h"
#include "policy/table_rows.h"
#include "policy/target.h"

namespace postern::policy::test {

inline RuleOptions allow(std::vector<std::string> methods, std::string path = {}) {
  RuleOptions rule;
  rule.effect = Effect::kAllow;
  rule.methods = std::move(methods);
  rule.path = std::move(path);
  return rule;
}

inline RuleOptions deny(std::vector<std::string> methods, std::string path = {}) {
  RuleOptions rule = allow(std::move(methods), std::move(path));
  rule.effect = Effect::kDeny;
  return rule;
}

inline Options rules_of(std::vector<RuleOptions> rules, Effect fallback = Effect::kAllow) {
  Options options;
  options.rules = std::move(rules);
  options.fallback = fallback;
  return options;
}

// The rules, or a failed test and none.
inline Rules compiled(const Options& options) {
  auto rules = Rules::compile(options, built_in());
  if (rules) return std::move(*rules);
  for (const RuleFault& fault : rules.error())
    ADD_FAILURE() << fault.rule << "." << fault.key << ": " << fault.message;
  return Rules(built_in());
}

// The faults as "0.path: message".
inline std::vector<std::string> faults_of(const Options& options) {
  std::vector<std::string> lines;
  const auto rules = Rules::compile(options, built_in());
  if (rules) return lines;
  for (const RuleFault& fault : rules.error())
    lines.push_back(std::to_string(fault.rule) + "." + std::string(fault.key) + ": " +
                    fault.message);
  return lines;
}

struct Who {
  std::string_view listener;
  std::optional<uint32_t> uid;
  std::string_view grant;
  std::string_view name = {};
};

inline Verdict verdict(const Rules& rules, std::string_view method, std::string_view path,
                       const Who& who = {}) {
  const http::Method parsed = http::parse_method(method);
  const Match match = built_in().match(parsed, path);
  return rules.judge({parsed, path, match, who.listener, who.uid, who.grant, who.name});
}

// Does such a request get to Sentry, as far as its target and the rules go?
inline bool passes(const Rules& rules, std::string_view method, std::string_view path) {
  return classify(path).kind == TargetKind::kApi && verdict(rules, method, path).allowed;
}

}  // namespace postern::policy::test
