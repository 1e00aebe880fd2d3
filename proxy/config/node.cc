#include "config/node.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace postern::config {
namespace {

// Messages quote what the file says, which may hold bytes that a terminal obeys or that begin a
// line of their own.
std::string without_controls(std::string text) {
  for (size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    bool is_c1 = byte >= 0x80 && byte < 0xA0 && i > 0 && text[i - 1] == '\xC2';
    if (byte < ' ' || byte == 0x7F || is_c1) text[i] = '?';
    if (is_c1) text[i - 1] = '?';
  }
  return text;
}

}  // namespace

std::string format(const Origin& origin) {
  switch (origin.source) {
    case Origin::Source::kFile:
      return origin.name + ":" + std::to_string(origin.line) + ":" + std::to_string(origin.column);
    case Origin::Source::kEnvironment:
      return "environment " + origin.name;
    case Origin::Source::kFlag:
      return origin.name;
    case Origin::Source::kAsked:
      return "asked for at run time";
    case Origin::Source::kDefault:
      break;
  }
  return "default";
}

Node make_scalar(std::string_view text, Origin origin) {
  Node node;
  node.kind = Node::Kind::kScalar;
  node.text = text;
  node.origin = std::move(origin);
  return node;
}

std::string format(const Fault& fault) {
  std::string text;
  if (fault.origin.source != Origin::Source::kDefault) text = format(fault.origin) + ": ";
  if (!fault.path.empty()) text += fault.path + ": ";
  return without_controls(text + fault.message);
}

void place_missing(Faults& faults, const std::string& file) {
  for (Fault& fault : faults) {
    if (fault.origin.source == Origin::Source::kDefault) {
      fault.origin = {Origin::Source::kFile, file, 1, 1};
    }
  }
}

void sort_by_place(Faults& faults) {
  auto place = [](const Fault& fault) {
    bool in_file = fault.origin.source == Origin::Source::kFile;
    return std::make_tuple(!in_file, fault.origin.line, fault.origin.column);
  };
  std::stable_sort(faults.begin(), faults.end(),
                   [&](const Fault& a, const Fault& b) { return place(a) < place(b); });
}

}  // namespace postern::config
