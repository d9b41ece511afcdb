# The benches: mote_figures (memory, flash and instructions on the emulated cores, held to recorded ones), which tests
# need too, and mote_host_bench (how fast the compiler and the host's kernels are; for looking at, nothing is held to it).
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# Networks of the shapes of MLPerf Tiny's models, for checkouts that do not have those.
set(STAND_INS ${CMAKE_BINARY_DIR}/stand_ins)
set(STAND_IN_FILES)
foreach(name kws vww ic ad sww)
  list(APPEND STAND_IN_FILES ${STAND_INS}/${name}.tflite)
endforeach()
set(STAND_IN_SCHEMA ${PROJECT_SOURCE_DIR}/mote/compiler/formats/tflite.fbs)
add_custom_command(
  OUTPUT ${STAND_IN_FILES}
  COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/bench/stand_ins.py --flatc ${FLATC} --schema ${STAND_IN_SCHEMA} ${STAND_INS}
  DEPENDS ${PROJECT_SOURCE_DIR}/bench/stand_ins.py ${STAND_IN_SCHEMA})
add_custom_target(mote_stand_ins DEPENDS ${STAND_IN_FILES})

add_executable(mote_figures ${PROJECT_SOURCE_DIR}/bench/figures.cpp)
target_link_libraries(mote_figures PRIVATE mote_core CLI11::CLI11)
add_dependencies(mote_figures mote_stand_ins)

if(MOTE_BENCH)
  find_package(benchmark REQUIRED)
  add_executable(mote_host_bench ${PROJECT_SOURCE_DIR}/bench/host_bench.cpp ${PROJECT_SOURCE_DIR}/tests/long_graph.cpp)
  target_link_libraries(mote_host_bench PRIVATE mote_core benchmark::benchmark)
  target_compile_definitions(mote_host_bench PRIVATE MOTE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

  # Fits targets/costs/*.json to exact instruction counts.
  add_executable(mote_fit_costs ${PROJECT_SOURCE_DIR}/bench/fit_costs.cpp)
  target_link_libraries(mote_fit_costs PRIVATE mote_core CLI11::CLI11)
endif()
