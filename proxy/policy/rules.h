// May this call be made, by the operator's rules? Least privilege below what the token allows.
//
// First `access` is asked, then the rules in their order, of which the first that fits decides,
// then the default. A rule that denies is read broadly and one that allows narrowly: what only
// might be the denied call for a server that reads more loosely is denied, and what might not be
// the allowed one is not allowed by it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/method.h"
#include "policy/api_path.h"
#include "policy/catalogue.h"
#include "policy/options.h"
#include "policy/path_pattern.h"

namespace postern::policy {

// The call as it will be sent, and who makes it: known from the socket, never from a header.
struct Call {
  http::Method method = http::Method::kOther;
  std::string_view path;           // raw; classify() has found it safe
  const Match& match;              // of this method and path
  std::string_view listener = {};  // name or address, as configured
  std::optional<uint32_t> uid = {};
  std::string_view grant = {};
  std::string_view name = {};  // of the caller's certificate
};

struct Verdict {
  enum class By : uint8_t { kAccess, kRule, kDefault };
  bool allowed = true;
  By by = By::kDefault;
  // kRule: its name, else its place: "policy.rules[2]". Otherwise the setting: "policy.access". As
  // long-lived as the rules.
  std::string_view name;
};

struct RuleFault {
  size_t rule = 0;       // in the list, from 0
  std::string_view key;  // "path"; static
  std::string message;   // with the nearest name, where there is one
};

// One rule, ready to be asked. Values that only Rules looks into.
struct Rule {
  std::string name;
  Effect effect = Effect::kDeny;
  uint8_t methods = 0;  // bit of each http::Method
  std::string listener;
  std::vector<uint32_t> uids;
  std::vector<std::string> names;
  std::string grant;
  bool any_path = true;
  std::vector<uint8_t> templates;       // methods covered, by the catalogue's number of a template
  std::vector<PathPattern> beginnings;  // open ones
  std::vector<PathPattern> lookalikes;  // kDeny: what must not be imitated
};

// Made once at start, then only read.
class Rules final {
 public:
  // Every fault of the list, in its order. The catalogue must outlive the rules.
  static tl::expected<Rules, std::vector<RuleFault>> compile(const Options& options,
                                                             const Catalogue& catalogue);
  // Nothing is forbidden.
  explicit Rules(const Catalogue& catalogue) : catalogue_(&catalogue) {}
  static Rules none_allowed(const Catalogue& catalogue);

  // Allocates nothing.
  Verdict judge(const Call& call) const;

  // false: everything passes.
  bool restricts() const {
    return access_ != AccessMode::kFull || fallback_ != Effect::kAllow || !rules_.empty();
  }
  // true: what is denied is only to be noted.
  bool is_dry_run() const { return dry_run_; }

 private:
  Verdict judge_reading(const Call& call) const;

  const Catalogue* catalogue_;
  AccessMode access_ = AccessMode::kFull;
  Effect fallback_ = Effect::kAllow;
  bool dry_run_ = false;
  std::vector<Rule> rules_;
};

}  // namespace postern::policy
