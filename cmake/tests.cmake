# All tests, for CTest. Those of the parts are in mote_tests; those of the program, the packages it writes and whole models
# run build/mote as a person would and are in mote_program_tests.
find_package(GTest REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
include(GoogleTest)

file(GLOB_RECURSE PART_TESTS CONFIGURE_DEPENDS mote/*_test.cpp)
file(GLOB SPANNING_TESTS CONFIGURE_DEPENDS tests/*.cpp)
add_executable(mote_tests ${PART_TESTS} ${SPANNING_TESTS})
target_link_libraries(mote_tests PRIVATE mote_core GTest::gtest_main PNG::PNG)

file(GLOB PROGRAM_TESTS CONFIGURE_DEPENDS tests/cli/*.cpp tests/package/*.cpp tests/targets/*.cpp)
add_executable(mote_program_tests ${PROGRAM_TESTS})
target_link_libraries(mote_program_tests PRIVATE mote_core GTest::gtest_main)
add_dependencies(mote_program_tests mote)

foreach(tests mote_tests mote_program_tests)
  target_compile_definitions(${tests} PRIVATE
    MOTE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" MOTE_BUILD_DIR="${CMAKE_BINARY_DIR}" MOTE_PROGRAM="$<TARGET_FILE:mote>")
endforeach()

# Tests that need ../shared look for it beside the checkout, where the environment does not say otherwise.
if(DEFINED ENV{MOTE_SHARED})
  set(SHARED "$ENV{MOTE_SHARED}")
else()
  set(SHARED "${PROJECT_SOURCE_DIR}/../shared")
endif()
set(TEST_ENVIRONMENT "MOTE_SHARED=${SHARED}")

# What takes longest starts first (COST), so that the last test does not run alone for long.
gtest_discover_tests(mote_tests
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} DISCOVERY_TIMEOUT 120
  PROPERTIES TIMEOUT 600 LABELS parts ENVIRONMENT "${TEST_ENVIRONMENT}")
gtest_discover_tests(mote_program_tests
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} DISCOVERY_TIMEOUT 120
  PROPERTIES TIMEOUT 1200 LABELS program COST 100 ENVIRONMENT "${TEST_ENVIRONMENT}")

add_test(NAME layers COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/layers.py)
add_test(NAME headers_compile_alone
  COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/layers.py --compile ${GENERATED})
set_tests_properties(headers_compile_alone PROPERTIES COST 50 TIMEOUT 600)

# The benches: what they hold, the networks they measure, and the page that shows their figures.
set(BENCH_TESTS ${PROJECT_SOURCE_DIR}/tests/bench)
add_test(NAME bench.figures
  COMMAND Python3::Interpreter ${BENCH_TESTS}/figures_test.py --figures $<TARGET_FILE:mote_figures> --stand-ins ${STAND_INS})
add_test(NAME bench.stand_ins
  COMMAND Python3::Interpreter ${BENCH_TESTS}/stand_ins_test.py --mote $<TARGET_FILE:mote> --stand-ins ${STAND_INS})
add_test(NAME bench.performance_page COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/performance.py --check)

# The benchmark of examples/mlperf_tiny, driven as its runner does: our own model, and those of ../shared.
foreach(case keywords kws vww ic ad)
  add_test(NAME mlperf_tiny.${case}
    COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/examples/mlperf_tiny_test.py ${case} --mote $<TARGET_FILE:mote>)
  set_tests_properties(mlperf_tiny.${case} PROPERTIES
    COST 50 TIMEOUT 600 SKIP_RETURN_CODE 77 LABELS program ENVIRONMENT "${TEST_ENVIRONMENT}")
endforeach()
