# The fuzzers: mutants of .tflite files through importer, passes, planner and kernels, and of recordings, pictures and
# lists through their readers. `mote_fuzz_rounds` is the run that CI makes, with -DMOTE_SANITIZE=address,undefined;
# -DMOTE_LIBFUZZER=ON adds a libFuzzer target (clang only).
option(MOTE_LIBFUZZER "Build fuzz/tflite_fuzzer.cpp for libFuzzer (clang)" OFF)
set(MOTE_FUZZ_ROUNDS 50000 CACHE STRING "Mutants that mote_fuzz_rounds tries")

# The object interface of the schema, which can be changed and written back, in a namespace of its own: two versions of
# one type in a program would be an error that no linker reports.
set(FUZZ_SCHEMA ${GENERATED}/fuzz/tflite_object.fbs)
set(FUZZ_HEADER ${GENERATED}/fuzz/tflite_object_generated.h)
file(READ ${PROJECT_SOURCE_DIR}/mote/compiler/formats/tflite.fbs FUZZ_SCHEMA_TEXT)
string(REPLACE "namespace mote.tflite;" "namespace mote.fuzz.tflite;" FUZZ_SCHEMA_TEXT "${FUZZ_SCHEMA_TEXT}")
file(CONFIGURE OUTPUT ${FUZZ_SCHEMA} CONTENT "${FUZZ_SCHEMA_TEXT}" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/mote/compiler/formats/tflite.fbs)
add_custom_command(
  OUTPUT ${FUZZ_HEADER}
  COMMAND ${FLATC} --cpp --gen-object-api -o ${GENERATED}/fuzz ${FUZZ_SCHEMA}
  DEPENDS ${FUZZ_SCHEMA})

add_library(mote_fuzzing STATIC fuzz/check.cpp fuzz/model.cpp fuzz/mutate.cpp fuzz/seeds.cpp ${FUZZ_HEADER})
target_link_libraries(mote_fuzzing PUBLIC mote_core)

add_executable(mote_fuzz fuzz/main.cpp fuzz/crash.cpp)
target_link_libraries(mote_fuzz PRIVATE mote_fuzzing CLI11::CLI11)
target_compile_definitions(mote_fuzz PRIVATE MOTE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
add_executable(mote_data_fuzz fuzz/data_main.cpp fuzz/crash.cpp)
target_link_libraries(mote_data_fuzz PRIVATE mote_core CLI11::CLI11 PNG::PNG JPEG::JPEG)
set_target_properties(mote_fuzz mote_data_fuzz PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

add_custom_target(mote_fuzz_rounds
  COMMAND mote_fuzz --rounds ${MOTE_FUZZ_ROUNDS} --save ${CMAKE_BINARY_DIR}/fuzz-failures
  COMMAND mote_data_fuzz --rounds ${MOTE_FUZZ_ROUNDS} --save ${CMAKE_BINARY_DIR}/fuzz-failures
  USES_TERMINAL)

if(MOTE_LIBFUZZER)
  add_executable(mote_tflite_fuzzer fuzz/tflite_fuzzer.cpp)
  target_link_libraries(mote_tflite_fuzzer PRIVATE mote_fuzzing)
  target_link_options(mote_tflite_fuzzer PRIVATE -fsanitize=fuzzer)
endif()

if(MOTE_TESTS)
  file(GLOB FUZZ_REGRESSIONS CONFIGURE_DEPENDS fuzz/regressions/*.tflite)
  add_test(NAME fuzz_regressions COMMAND mote_fuzz --replay ${FUZZ_REGRESSIONS})
  file(GLOB DATA_REGRESSIONS CONFIGURE_DEPENDS fuzz/regressions/data/*)
  add_test(NAME data_fuzz_regressions COMMAND mote_data_fuzz --replay ${DATA_REGRESSIONS})
  add_test(NAME data_fuzz_few_rounds COMMAND mote_data_fuzz --rounds 3000 --save ${CMAKE_BINARY_DIR}/fuzz-failures)
  add_test(NAME fuzz_few_rounds COMMAND mote_fuzz --rounds 500 --save ${CMAKE_BINARY_DIR}/fuzz-failures)
endif()
