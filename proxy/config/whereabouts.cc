#include "config/whereabouts.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "config/defaults.h"
#include "config/yaml_reader.h"

namespace postern::config {
namespace {

// Is the value the one that was meant? The environment and flags beat a fault of the file.
bool is_known(const Draft& draft, std::string_view path) {
  const auto origin = draft.origins.find(path);
  if (origin != draft.origins.end() && origin->second.source != Origin::Source::kFile) return true;
  return std::none_of(draft.faults.begin(), draft.faults.end(), [&](const Fault& fault) {
    return path == fault.path || path.starts_with(fault.path + ".");
  });
}

Options options_of(const Draft& draft, const Environment& environment) {
  Options options = default_options(environment);
  options.runtime_file = draft.options.runtime_file;
  options.store.path = draft.options.store.path;
  options.admin.listen = draft.options.admin.listen;
  options.admin.token_file = draft.options.admin.token_file;
  options.admin.read_only = draft.options.admin.read_only;
  const bool is_store_known = is_known(draft, "store.path");
  // A place that is not given is within the store.
  const auto forget_unknown = [&](std::string_view path, std::string& place) {
    const bool is_given = draft.origins.count(path) != 0;
    if (!is_known(draft, path) || (!is_given && !is_store_known)) place.clear();
  };
  forget_unknown("runtime_file", options.runtime_file);
  forget_unknown("admin.token_file", options.admin.token_file);
  if (!is_known(draft, "admin.listen")) options.admin.listen.clear();
  return options;
}

// What stands above the line of a fault.
std::string text_above(const std::string& text, const Origin& fault) {
  size_t end = 0;
  for (int line = 1; line < fault.line && end != std::string::npos; ++line)
    end = text.find('\n', end) == std::string::npos ? text.size() : text.find('\n', end) + 1;
  return text.substr(0, end);
}

std::string without_last_line(const std::string& text) {
  if (text.size() < 2) return {};
  return text.substr(0, text.rfind('\n', text.size() - 2) + 1);
}

// The beginning that is YAML. A bracket that is never closed is found missing at the end only, so
// the fault itself may stand some lines above the place that it is found at.
std::string readable_part(const std::string& text, const Origin& fault) {
  constexpr int kMostLines = 50;
  std::string part = text_above(text, fault);
  for (int cut = 0; cut < kMostLines; ++cut) {
    if (parse_yaml(part, "")) return part;
    part = without_last_line(part);
  }
  return {};
}

}  // namespace

Whereabouts find_whereabouts(const Source& source) {
  Draft draft = read_draft(source);
  const bool is_certain = draft.is_readable;
  if (!is_certain) {
    Source readable = source;
    readable.text = readable_part(source.text, draft.faults.front().origin);
    draft = read_draft(readable);
  }
  return {options_of(draft, source.environment), is_certain || draft.origins.count("runtime_file")};
}

}  // namespace postern::config
