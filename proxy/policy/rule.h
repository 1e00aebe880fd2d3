// Settings of the rules, filled by config: what may be called, below what the token allows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postern::policy {

enum class Effect : uint8_t { kAllow, kDeny };

enum class AccessMode : uint8_t {
  kFull,
  kReadOnly,  // GET, HEAD and OPTIONS; no rule lets another method through
};

// One entry of `policy.rules`. A call that all of it fits is decided by `effect`; what is empty
// fits every call.
struct RuleOptions {
  std::string name;                  // for refusals and the log; empty: its place in the list
  Effect effect = Effect::kDeny;     // no default in a file: has to be said
  std::vector<std::string> methods;  // "GET" is HEAD too
  std::string path;                  // a template of the catalogue, or a beginning and a star
  std::string operation;             // of the catalogue, instead of a path
  std::string listener;              // name or address of a `listen` entry
  std::vector<uint32_t> uids;        // of callers at a unix socket
  std::vector<std::string> names;    // of callers with a certificate (base/name_pattern.h)
  std::string grant;
};

}  // namespace postern::policy
