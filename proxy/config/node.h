// A configuration file as a tree of values, before anybody knows what the values mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::config {

// Where a value comes from.
struct Origin {
  enum class Source { kDefault, kFile, kEnvironment, kFlag, kAsked };
  Source source = Source::kDefault;
  std::string name;  // of the file, the environment variable or the flag
  int line = 0;      // in a file; counts from 1, like column
  int column = 0;
};

// "conf/postern.yaml:3:9", "environment POSTERN_LOG_LEVEL", "--set", "asked for at run time",
// "default".
std::string format(const Origin& origin);

struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;  // of a scalar
  Origin origin;
  std::string key;             // of a child of a map
  Origin key_origin;           // likewise
  std::vector<Node> children;  // of a list or map, in the order of the file; keys may repeat

  bool is_null() const { return kind == Kind::kNull; }
};

Node make_scalar(std::string_view text, Origin origin);

// Something wrong with the configuration.
struct Fault {
  Origin origin;     // kDefault: nowhere in particular
  std::string path;  // of the key, "grants[0].organization"; empty: the file as a whole
  std::string message;
};

// "conf/postern.yaml:3:9: log.level: must be one of debug, info, warn, error". One line; control
// characters that the file has brought are shown as '?'.
std::string format(const Fault& fault);

using Faults = std::vector<Fault>;

// What was given nowhere has no place of its own: it belongs at the top of the file.
void place_missing(Faults& faults, const std::string& file);
// By place: first what is in the file, in its order, then the rest.
void sort_by_place(Faults& faults);

}  // namespace postern::config
