# Writes OUTPUT, a C++ file with the bytes of the text file INPUT: cmake -D INPUT=… -D OUTPUT=… -P embed.cmake
# In pieces, because compilers need not take a literal of more than 64 KiB. Nothing of where or when goes into it.
set(piece 16000)
file(READ ${INPUT} text)
string(LENGTH "${text}" size)
set(literals "")
foreach(from RANGE 0 ${size} ${piece})
  string(SUBSTRING "${text}" ${from} ${piece} part)
  string(APPEND literals "    R\"table(${part})table\"\n")
endforeach()
cmake_path(GET INPUT FILENAME name)
file(WRITE ${OUTPUT} "// Made from ${name} by embed.cmake.
#include \"policy/endpoint_table.h\"

namespace postern::policy {

std::string_view built_in_table() {
  static constexpr char kText[] =
${literals};
  return {kText, sizeof kText - 1};
}

}  // namespace postern::policy
")
