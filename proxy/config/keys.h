// The one table of settings. It drives parsing, defaults, environment variables, `postern show`
// and conf/reference.yaml: a new setting is one line here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/value.h"

namespace postern::config {

struct Key {
  std::string_view path;  // dotted, "server.head_timeout"; within its table
  ValueRef value;
  Range range;
  std::string_view comment;     // one line for the reference
  std::string* file = nullptr;  // a secret's: where the path of x_file goes, if it is watched
};

// The keys of a whole configuration, of an entry of `listen`, of `grants` and of `policy.rules`, in
// the order of the reference. They point into the argument and live no longer.
std::vector<Key> keys_of(Options& options);
std::vector<Key> keys_of(wire::ListenOptions& listener);
std::vector<Key> keys_of(GrantSetup& setup);
std::vector<Key> keys_of(policy::RuleOptions& rule);

// A secret `x` may also be given as `x_file`, the file that holds it.
bool is_secret(const Key& key);

// "server.head_timeout" → "POSTERN_SERVER_HEAD_TIMEOUT"
std::string environment_name(std::string_view path);

}  // namespace postern::config
