# Writes OUTPUT, a C++ file that holds the text file INPUT: cmake -D INPUT=… -D OUTPUT=… -P embed.cmake
# Nothing of where or when it was made goes into it.
file(READ ${INPUT} text)
string(FIND "${text}" ")table\"" end_mark)
if(NOT end_mark EQUAL -1)
  message(FATAL_ERROR "${INPUT} holds what ends a raw string: )table\"")
endif()
cmake_path(GET INPUT FILENAME name)
file(WRITE ${OUTPUT} "// Made from ${name} by embed.cmake.
#include \"policy/endpoint_table.h\"

// No compiler has to take a literal of more than 64 KiB; those that build Postern do.
#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace postern::policy {

std::string_view built_in_table() {
  static constexpr char kText[] = R\"table(${text})table\";
  return {kText, sizeof kText - 1};
}

}  // namespace postern::policy
")
