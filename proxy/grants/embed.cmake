# Writes OUTPUT, a C++ file that holds the Lua scripts of the folder INPUT, each behind record.lua: cmake -D INPUT=… -D OUTPUT=… -P embed.cmake
# Nothing of where or when it was made goes into it.
file(READ ${INPUT}/record.lua record)
set(scripts "")
foreach(name load lock renew release save restore forget probe survey)
  file(READ ${INPUT}/${name}.lua text)
  string(FIND "${record}${text}" ")lua\"" end_mark)
  if(NOT end_mark EQUAL -1)
    message(FATAL_ERROR "${INPUT}/${name}.lua holds what ends a raw string: )lua\"")
  endif()
  string(SUBSTRING ${name} 0 1 first)
  string(SUBSTRING ${name} 1 -1 rest)
  string(TOUPPER ${first} first)
  string(APPEND scripts "const std::string_view k${first}${rest} = R\"lua(${record}${text})lua\";\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from scripts/ by embed.cmake.
#include \"grants/redis_scripts.h\"

namespace postern::grants::scripts {

${scripts}
}  // namespace postern::grants::scripts
")
