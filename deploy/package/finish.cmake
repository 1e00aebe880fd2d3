# Run by CPack on what it has installed, before that is packed: the changelog of this version, and one
# time for all files, so that the same commit gives the same bytes.
set(script ${CPACK_POSTERN_SOURCE}/deploy/package/finish)
execute_process(COMMAND ${script} ${CPACK_TEMPORARY_INSTALL_DIRECTORY}
                        ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}
                COMMAND_ERROR_IS_FATAL ANY)
