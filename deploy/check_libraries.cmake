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

# Is the file at `path` one of Debian's `package`? dpkg may know what is in /usr/lib as in /lib.
function(is_of_package package path result)
  set(${result} FALSE PARENT_SCOPE)
  string(REGEX REPLACE "^/usr/" "/" other_path "${path}")
  execute_process(COMMAND dpkg-query -S "${path}" "${other_path}" OUTPUT_VARIABLE owners ERROR_QUIET)
  if(owners MATCHES "(^|\n)${package}(:[a-z0-9]+)?: ")
    set(${result} TRUE PARENT_SCOPE)
  endif()
endfunction()

# The version of Debian 12's `package` if `path`, which was found as `version`, is a file of it; empty if that came
# from elsewhere.
function(find_package_version package path version result)
  set(${result} "" PARENT_SCOPE)
  name_system(system)
  if(package STREQUAL "-" OR NOT system STREQUAL "debian 12")
    return()
  endif()
  execute_process(COMMAND dpkg-query -W -f "\${Version}" ${package}
                  OUTPUT_VARIABLE installed OUTPUT_STRIP_TRAILING_WHITESPACE
                  ERROR_QUIET RESULT_VARIABLE failure)
  string(FIND "${installed}" "${version}" place)
  is_of_package(${package} "${path}" is_of_it)
  if(NOT failure AND place EQUAL 0 AND is_of_it)
    set(${result} ${installed} PARENT_SCOPE)
  else()
    message(STATUS "${path} is not a file of Debian's ${package} ${installed}: its own version counts, ${version}")
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

# check_library(<library> <version> [<path>…]): `version` as the library itself tells it, empty if it does not; `path`
# of the file that is linked, where minimum-versions has a package. Notes name and version for what `postern version`
# says, in POSTERN_LIBRARIES ("OpenSSL 3.0.19;zlib 1.2.13;…") of the caller.
function(check_library library version)
  list(POP_FRONT ARGN path)
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
  find_package_version(${package} "${path}" ${version} package_version)
  if(package_version)
    execute_process(COMMAND dpkg --compare-versions ${package_version} ge ${package_least} RESULT_VARIABLE is_older)
    if(is_older)
      reject_library("${library} ${version} of ${package} ${package_version}" ${package_least} "${why}"
                     "apt-get update && apt-get install ${package}")
    endif()
  elseif(version VERSION_LESS least)
    set(found ${version} ${path})
    list(JOIN found " at " found)
    reject_library("${library} ${found}" ${least} "${why}" "install ${library} ${least} or later")
  endif()
endfunction()
