# Holds the libraries that were found against minimum-versions, which stands beside this file.

option(POSTERN_ALLOW_OLD_LIBRARIES "Warn of libraries that lack fixes, and build all the same" OFF)
set(minimum_versions ${CMAKE_CURRENT_LIST_DIR}/minimum-versions)

# "debian 12"; empty where no os-release(5) tells. CHECK_LIBRARIES_SYSTEM says another one (tests do).
function(name_system result)
  if(NOT DEFINED CHECK_LIBRARIES_SYSTEM)
    cmake_host_system_information(RESULT CHECK_LIBRARIES_SYSTEM QUERY DISTRIB_ID DISTRIB_VERSION_ID)
    list(JOIN CHECK_LIBRARIES_SYSTEM " " CHECK_LIBRARIES_SYSTEM)
  endif()
  set(${result} "${CHECK_LIBRARIES_SYSTEM}" PARENT_SCOPE)
endfunction()

# The version of Debian 12's `package` if it is what was found as `version`; empty if that came from elsewhere.
function(find_package_version package version result)
  set(${result} "" PARENT_SCOPE)
  name_system(system)
  if(package STREQUAL "-" OR NOT system STREQUAL "debian 12")
    return()
  endif()
  execute_process(COMMAND dpkg-query -W -f "\${Version}" ${package}
                  OUTPUT_VARIABLE installed OUTPUT_STRIP_TRAILING_WHITESPACE
                  ERROR_QUIET RESULT_VARIABLE failure)
  string(FIND "${installed}" "${version}" place)
  if(NOT failure AND place EQUAL 0)
    set(${result} ${installed} PARENT_SCOPE)
  endif()
endfunction()

function(reject_library found least why remedy)
  if(POSTERN_ALLOW_OLD_LIBRARIES)
    message(WARNING "${found} is older than ${least}: ${why}. Used all the same (POSTERN_ALLOW_OLD_LIBRARIES).")
    return()
  endif()
  message(FATAL_ERROR
    "${found} is older than ${least}: ${why}.\n"
    "What to do: ${remedy}.\n"
    "To build with it all the same, or because your distribution has brought the fixes into it: "
    "-DPOSTERN_ALLOW_OLD_LIBRARIES=ON\n")
endfunction()

# check_library(<library> <version>): `version` as the library itself tells it; empty if it does not. Notes both
# for what `postern version` says, in POSTERN_LIBRARIES ("OpenSSL 3.0.19;zlib 1.2.13;…") of the caller.
function(check_library library version)
  if(version STREQUAL "")
    message(WARNING "${library} does not tell its version, so nobody looks whether it is too old.")
    set(POSTERN_LIBRARIES ${POSTERN_LIBRARIES} "${library} unknown" PARENT_SCOPE)
    return()
  endif()
  set(POSTERN_LIBRARIES ${POSTERN_LIBRARIES} "${library} ${version}" PARENT_SCOPE)
  file(STRINGS ${minimum_versions} row REGEX "^${library} ")
  if(NOT row)
    message(FATAL_ERROR "${minimum_versions} has no line for ${library}.")
  endif()
  string(REGEX REPLACE "   *" ";" row "${row}")
  list(POP_FRONT row name least package package_least why)
  find_package_version(${package} ${version} package_version)
  if(package_version)
    execute_process(COMMAND dpkg --compare-versions ${package_version} ge ${package_least} RESULT_VARIABLE is_older)
    if(is_older)
      reject_library("${library} ${version} of ${package} ${package_version}" ${package_least} "${why}"
                     "apt-get update && apt-get install ${package}")
    endif()
  elseif(version VERSION_LESS least)
    reject_library("${library} ${version}" ${least} "${why}" "install ${library} ${least} or later")
  endif()
endfunction()
