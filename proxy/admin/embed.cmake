# Writes OUTPUT, a C++ file that holds the files of the folder INPUT, one function each:
#   cmake -D INPUT=… -D OUTPUT=… -P embed.cmake
# Nothing of where or when it was made goes into it.
set(source "// Made from the files of web/ by embed.cmake.
#include \"admin/web_files.h\"

// No compiler has to take a literal of more than 64 KiB; those that build Postern do.
#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace postern::admin {
")
foreach(name IN ITEMS page.html page.css page.js icon.svg)
  file(READ ${INPUT}/${name} text)
  string(FIND "${text}" ")web\"" end_mark)
  if(NOT end_mark EQUAL -1)
    message(FATAL_ERROR "${name} holds what ends a raw string: )web\"")
  endif()
  string(REPLACE "." "_" function ${name})
  string(APPEND source "
std::string_view ${function}() {
  static constexpr char kText[] = R\"web(${text})web\";
  return {kText, sizeof kText - 1};
}
")
endforeach()
string(APPEND source "
}  // namespace postern::admin
")
file(WRITE ${OUTPUT} "${source}")
