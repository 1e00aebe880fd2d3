// Heads made by hand, with the ids that the parser would have found.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace postern::relay {

using Pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

inline http::Fields fields_of(Pairs pairs) {
  http::Fields fields;
  for (const auto& [name, value] : pairs) fields.push_back({name, value, http::field_name(name)});
  return fields;
}

inline http::RequestHead request(Pairs pairs, std::string_view authority = "localhost") {
  http::RequestHead head;
  head.method_text = "GET";
  head.target = head.path = "/api/0/";
  head.authority = authority;
  head.fields = fields_of(pairs);
  return head;
}

inline http::ResponseHead response(Pairs pairs) {
  http::ResponseHead head;
  head.status = 200;
  head.fields = fields_of(pairs);
  return head;
}

// One "Name: value" per field: easy to compare and to read in a failure.
inline std::vector<std::string> lines_of(const http::Fields& fields) {
  std::vector<std::string> lines;
  for (const http::Field& field : fields)
    lines.push_back(std::string(field.name) + ": " + std::string(field.value));
  return lines;
}

}  // namespace postern::relay
