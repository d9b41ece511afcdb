# What `make install` puts where:
#   bin/mote   lib/mote/libmote_count*.so (beside which the program looks for them)   include/mote/...   share/man
#   lib/cmake/mote: find_package(mote) and mote_add_model()
include(CMakePackageConfigHelpers)

foreach(api RANGE 1 5)
  if(TARGET mote_count${api})
    add_dependencies(mote mote_count${api})
    install(TARGETS mote_count${api} LIBRARY DESTINATION lib/mote)
  endif()
endforeach()
install(TARGETS mote RUNTIME DESTINATION bin)

# What runs on a chip: for those who write against it, or look at it. Packages carry their own copies.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/mote/device ${PROJECT_SOURCE_DIR}/mote/ops DESTINATION include/mote
  FILES_MATCHING PATTERN "*.kernel.h" REGEX "/mote/device/.*\\.h$")

add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/mote.1
  COMMAND ${PROJECT_SOURCE_DIR}/tools/man.sh $<TARGET_FILE:mote> ${CMAKE_BINARY_DIR}/mote.1
  DEPENDS mote ${PROJECT_SOURCE_DIR}/tools/man.sh)
add_custom_target(mote_man ALL DEPENDS ${CMAKE_BINARY_DIR}/mote.1)
install(FILES ${CMAKE_BINARY_DIR}/mote.1 DESTINATION share/man/man1)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/mote-config.cmake.in ${CMAKE_BINARY_DIR}/mote-config.cmake
  INSTALL_DESTINATION lib/cmake/mote)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/mote-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/mote-config.cmake ${CMAKE_BINARY_DIR}/mote-config-version.cmake DESTINATION lib/cmake/mote)
