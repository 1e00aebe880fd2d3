// Loading a configuration from a text in a test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "config/load.h"

namespace postern::config {

using Flags = std::vector<Flag>;

inline Result<Loaded, Faults> load_text(std::string text, Environment environment = {},
                                        Flags flags = {}) {
  return load({"test.yaml", std::move(text), std::move(environment), std::move(flags)});
}

// The shortest text without faults.
inline const std::string kLeast = "grants: [{organization: acme}]\n";

// The options, or a failed test and defaults.
inline Options options_of(std::string text, Environment environment = {}, Flags flags = {}) {
  auto loaded = load_text(std::move(text), std::move(environment), std::move(flags));
  if (loaded) return loaded->options;
  for (const Fault& fault : loaded.error()) ADD_FAILURE() << format(fault);
  return {};
}

// The faults as they are printed.
inline std::vector<std::string> faults_of(std::string text, Environment environment = {},
                                          Flags flags = {}) {
  auto loaded = load_text(std::move(text), std::move(environment), std::move(flags));
  std::vector<std::string> lines;
  if (loaded) return lines;
  for (const Fault& fault : loaded.error()) lines.push_back(format(fault));
  return lines;
}

}  // namespace postern::config
