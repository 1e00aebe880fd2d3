#include "multipart.h"

namespace postern::sandbox {
namespace {

// The value of `name="..."` in a header, or of `name=...` up to a semicolon.
std::string attribute(std::string_view text, std::string_view name) {
  const std::string wanted = std::string(name) + "=";
  auto at = text.find(wanted);
  // `name=` must not match inside `filename=`.
  while (at != std::string_view::npos && at > 0 && text[at - 1] != ' ' && text[at - 1] != ';') {
    at = text.find(wanted, at + 1);
  }
  if (at == std::string_view::npos) return "";
  std::string_view value = text.substr(at + wanted.size());
  if (!value.empty() && value.front() == '"') {
    value.remove_prefix(1);
    return std::string(value.substr(0, value.find('"')));
  }
  return std::string(value.substr(0, value.find_first_of("; \r")));
}

}  // namespace

std::vector<Part> parts_of(const Request& request) {
  std::vector<Part> parts;
  const std::string type = request.headers.header("Content-Type").value_or("");
  const std::string boundary = attribute(type, "boundary");
  if (boundary.empty() || !same_without_case(type.substr(0, 20), "multipart/form-data;")) {
    return parts;
  }
  const std::string first = "--" + boundary;
  const std::string further = "\r\n" + first;
  std::string_view rest = request.body;
  const auto begin = rest.find(first);
  if (begin == std::string_view::npos) return parts;
  rest.remove_prefix(begin + first.size());
  while (rest.substr(0, 2) == "\r\n") {
    rest.remove_prefix(2);
    const auto head_end = rest.find("\r\n\r\n");
    const auto end = rest.find(further, head_end == std::string_view::npos ? 0 : head_end + 2);
    if (head_end == std::string_view::npos || end == std::string_view::npos) return {};
    const std::string_view head = rest.substr(0, head_end);
    const auto content = head_end + 4;
    parts.push_back({attribute(head, "name"), attribute(head, "filename"),
                     end < content ? std::string_view() : rest.substr(content, end - content)});
    rest.remove_prefix(end + further.size());
  }
  return parts;
}

const Part* find_part(const std::vector<Part>& parts, std::string_view name) {
  for (const Part& part : parts) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

}  // namespace postern::sandbox
