// Rows of an endpoint table, and paths made from their templates, for the tests.
#pragma once

#include <string>
#include <string_view>

#include "policy/catalogue.h"

namespace postern::policy::test {

// "GET", "/api/0/x/" → a row with the rest filled in.
inline std::string row(std::string_view method, std::string_view path) {
  return std::string(method) + '\t' + std::string(path) +
         "\torg:read org:admin\tdefault\tgroup:default\tprivate\tXEndpoint\tXEndpoint::GET\n";
}

// A path that the template stands for: each {name} becomes `value`.
inline std::string filled(std::string_view path, std::string_view value) {
  std::string out;
  while (!path.empty()) {
    const size_t open = path.find('{');
    out.append(path.substr(0, open));
    if (open == std::string_view::npos) break;
    out.append(value);
    path.remove_prefix(path.find('}') + 1);
  }
  return out;
}

// The catalogue of the program, made once.
inline const Catalogue& built_in() {
  static const Catalogue catalogue = Catalogue::built_in();
  return catalogue;
}

}  // namespace postern::policy::test
