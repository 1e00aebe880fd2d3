// One typed setting: how its text is read, and how it is written.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "config/node.h"
#include "config/options.h"

namespace postern::config {

// A size in bytes, "64KiB", as opposed to a count.
struct Bytes {
  uint64_t* value;
};
// A share, "80%", kept as 0.8. Its range is in whole percent.
struct Percent {
  double* value;
};
// Permission bits, "0660".
struct Mode {
  int* value;
};

// Where a setting lives. The type says how it is read and written.
using ValueRef = std::variant<
    bool*, int*, uint32_t*, int64_t*, uint64_t*, Bytes, Percent, Mode, Duration*, std::string*,
    Secret*, log::Level*, log::Format*, wire::HalfClose*, relay::Ingest*, policy::Preflight*,
    policy::AccessMode*, policy::Effect*, grants::Kind*, grants::ClientAuth*, WhenUnreachable*,
    StoreKind*, LimitsShare*, std::vector<std::string>*, std::vector<uint32_t>*,
    std::vector<wire::ListenOptions>*, std::vector<GrantSetup>*, std::vector<policy::RuleOptions>*>;

// Bounds of a number, a size or (in nanoseconds) a duration, both inclusive.
struct Range {
  uint64_t min = 0;
  uint64_t max = std::numeric_limits<uint64_t>::max();
};

// Reads a scalar, or a list of scalars. Returns why not, with what was expected instead; the text
// of the value is quoted only where it cannot be a secret. The lists of listeners and grants are
// the reader's own business.
std::optional<std::string> read_value(const Node& node, const ValueRef& value, const Range& range);

// As it would stand in the file; a secret that is set is ***, and so is the password in a URL.
std::string write_value(const ValueRef& value);

// What a reader of the reference needs to know: "duration", "size", "true or false"…
std::string describe_value(const ValueRef& value);

bool is_list(const ValueRef& value);

// `text` as a YAML scalar, quoted if it must be.
std::string quote_yaml(std::string_view text);

}  // namespace postern::config
