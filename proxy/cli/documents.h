// JSON that the commands read and write.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/version.h"

namespace postern::cli {

// A line of Postern's log in the format json. Empty: the line has no such text.
struct AccessEntry {
  std::string event;
  std::string method;
  std::string path;
  std::string sent_as;
  std::string grant;
  std::string code;
};
// Nothing: that is no JSON object.
std::optional<AccessEntry> parse_access_entry(std::string_view json);

// A scope, and what it opens with what it contains.
struct ScopeView {
  struct Operation {
    std::string method;
    std::string path;  // template
    bool published;
  };
  std::string scope;
  bool grantable = true;  // an application can ask for it
  std::vector<std::string> contains;
  size_t reads = 0;  // of the operations
  size_t changes = 0;
  std::vector<Operation> operations;
};
std::string format_scopes(const std::vector<ScopeView>& scopes);

std::string format_version(const VersionView& view);

// "what is wrong; what to do", or "What is wrong. What to do"
std::string with_action(std::string detail, const std::string& action);
// ": what is wrong; what to do" of a problem body, "" if it is none.
std::string problem_words(std::string_view json);

}  // namespace postern::cli
