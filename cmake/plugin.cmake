# The QEMU plugin that counts instructions, once for each plugin API that a QEMU may ask for: each accepts a range of
# versions (7.2: up to 1, 8.2 and 9.0: 2, 10: up to 4) and mote tries them in turn. QEMU loads it, so it takes no
# sanitizer; it needs neither QEMU's headers nor its libraries.
foreach(api RANGE 1 5)
  add_library(mote_count${api} MODULE ${PROJECT_SOURCE_DIR}/mote/compiler/verify/plugin/count.c)
  target_compile_definitions(mote_count${api} PRIVATE MOTE_PLUGIN_API=${api})
  target_compile_options(mote_count${api} PRIVATE -fno-sanitize=all)
  target_link_options(mote_count${api} PRIVATE -fno-sanitize=all)
  set_target_properties(mote_count${api} PROPERTIES
    C_STANDARD 11 C_VISIBILITY_PRESET hidden LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endforeach()
