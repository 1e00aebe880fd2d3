// A path as settings write it, in segments: which paths fit it, and which might for a server that
// reads more loosely than Sentry does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/api_path.h"

namespace postern::policy {

enum class Likeness : uint8_t {
  kNone,
  kNear,  // fits once a word is read without regard to case, `;…`, dots and blanks at its end, or
          // as another of Sentry's words for the same; or a name might stand for the one meant
  kSame,
};

// A value; made once, asked for each request, allocates nothing then. The slash at the end of a
// path is left out of account everywhere.
struct PathPattern {
  enum class Kind : uint8_t {
    kWord,   // one of the API's own words
    kAny,    // {name}
    kPair,   // {a}:{b}
    kValue,  // the slug of one organization, project, team…
  };
  struct Segment {
    Kind kind = Kind::kWord;
    std::string text;  // kWord and kValue
  };

  std::vector<Segment> segments;  // behind /api/0/
  bool open = false;              // ends in a star: whatever lies behind fits, nothing as well

  // `groups` is `issues`; otherwise byte by byte.
  bool fits(const ApiPath& path) const;
  // For what must not get through. REQUIRES: classify() has found the path safe.
  Likeness likeness(const ApiPath& path) const;
};

// `groups` is `issues`.
bool is_same_word(std::string_view a, std::string_view b);

// The segments of a template as they stand; a star at the end opens the pattern.
PathPattern pattern_of(std::string_view path);

// The same for what a person has written: "/api/0/broadcasts/", "/api/0/sentry-apps/{id}/" with a
// name in braces for any one segment, "/api/0/sentry-apps/*" for whatever begins so, the beginning
// itself included. The error says what is wrong with `text`, without repeating it.
Result<PathPattern> parse_pattern(std::string_view text);

}  // namespace postern::policy
