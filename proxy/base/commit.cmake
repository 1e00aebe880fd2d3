# Writes OUTPUT, a C++ file that says which commit SOURCE is at: cmake -D SOURCE=… -D OUTPUT=… [-D COMMIT=…] -P commit.cmake
#
# With each build; an OUTPUT that would not change is left alone, so that nothing is compiled for it. COMMIT is for who builds
# without the repository. Nothing of where or when it was made goes into it.
set(is_modified false)
if(NOT COMMIT)
  # The repository has to be Postern's own: sources in a folder of another one are not at its commit.
  execute_process(COMMAND git -C ${SOURCE} rev-parse --show-cdup HEAD
                  OUTPUT_VARIABLE answer ERROR_QUIET RESULT_VARIABLE failure)
  if(NOT failure AND answer MATCHES "^\n([0-9a-f]+)\n$")
    set(COMMIT ${CMAKE_MATCH_1})
    # What goes into the program; a change in a document makes no other program.
    execute_process(COMMAND git -C ${SOURCE} diff --quiet HEAD -- proxy conf CMakeLists.txt CMakePresets.json
                    OUTPUT_QUIET ERROR_QUIET RESULT_VARIABLE difference)
    if(difference)
      set(is_modified true)
    endif()
  endif()
endif()
if(COMMIT AND NOT COMMIT MATCHES "^[0-9A-Za-z.+~-]+$")
  message(FATAL_ERROR "POSTERN_COMMIT may have letters, digits and .+~- only, and is: ${COMMIT}")
endif()
string(SUBSTRING "${COMMIT}" 0 12 shortened)
if(COMMIT MATCHES "^[0-9a-f]+$")
  set(COMMIT ${shortened})
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "// Made by commit.cmake.
#include \"base/version.h\"

namespace postern {

Commit commit() {
  return {\"${COMMIT}\", ${is_modified}};
}

}  // namespace postern
")
