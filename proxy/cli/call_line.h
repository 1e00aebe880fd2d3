// A line of a log, or of a list that a person wrote, as the call that it speaks of.
#pragma once

#include <string>
#include <string_view>

namespace postern::cli {

struct CallLine {
  enum class Kind {
    kCall,
    kOther,  // empty, a comment, or another line of Postern's log
    kBad,    // cannot be read; `fault` says why
  };
  Kind kind = Kind::kOther;
  std::string method;
  std::string path;   // raw, without query, scheme and host
  std::string grant;  // empty: the line names none
  std::string code;   // of Postern's own answer
  std::string fault;
};

// Understands Postern's log in both formats (with a prefix, as journals put one before it), the
// common and combined formats of web servers, and `METHOD PATH`, whatever stands behind it. '#'
// begins a comment. Pure.
CallLine read_call_line(std::string_view line);

}  // namespace postern::cli
