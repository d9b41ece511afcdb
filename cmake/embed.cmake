# Builds files into the program: mote_embed(file.cpp a b …) makes a source file that defines mote::embedded_files().
# Paths are relative to the top of the source tree.
#
# Included by CMakeLists.txt this file defines the function; run by `cmake -P` it is the generator. Each byte becomes a
# hexadecimal escape of a string literal: any content survives, and compilers read literals fast.

if(NOT CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  set(MOTE_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

  function(mote_embed output)
    list(SORT ARGN)
    list(TRANSFORM ARGN PREPEND "${CMAKE_SOURCE_DIR}/" OUTPUT_VARIABLE inputs)
    list(JOIN ARGN "\n" lines)
    file(CONFIGURE OUTPUT "${output}.list" CONTENT "${lines}\n" @ONLY)
    add_custom_command(
      OUTPUT "${output}"
      COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" "-DROOT=${CMAKE_SOURCE_DIR}" -P "${MOTE_EMBED_SCRIPT}"
      DEPENDS ${inputs} "${output}.list" "${MOTE_EMBED_SCRIPT}"
      COMMENT "Embedding files"
      VERBATIM)
  endfunction()
  return()
endif()

file(STRINGS "${OUTPUT}.list" paths)
set(entries "")
foreach(path IN LISTS paths)
  file(READ "${ROOT}/${path}" bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" literal "${bytes}")
  string(APPEND entries "      {\"${path}\", {\"${literal}\", ${size}}},\n")
endforeach()
file(WRITE "${OUTPUT}.tmp" "// Made by cmake/embed.cmake.
#include \"mote/compiler/base/embedded.h\"

const std::vector<mote::EmbeddedFile>& mote::embedded_files() {
  static const std::vector<EmbeddedFile> files = {
${entries}  };
  return files;
}
")
file(RENAME "${OUTPUT}.tmp" "${OUTPUT}")
