# The benches: mote_figures (memory, flash and instructions on the emulated cores, held to recorded ones) and
# mote_host_bench (how fast the compiler and the host's kernels are; for looking at, nothing is held to it).
find_package(benchmark REQUIRED)

add_executable(mote_figures ${PROJECT_SOURCE_DIR}/bench/figures.cpp)
target_link_libraries(mote_figures PRIVATE mote_core CLI11::CLI11)

add_executable(mote_host_bench ${PROJECT_SOURCE_DIR}/bench/host_bench.cpp ${PROJECT_SOURCE_DIR}/tests/long_graph.cpp)
target_link_libraries(mote_host_bench PRIVATE mote_core benchmark::benchmark)
target_compile_definitions(mote_host_bench PRIVATE MOTE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

# Fits targets/costs/*.json to exact instruction counts.
add_executable(mote_fit_costs ${PROJECT_SOURCE_DIR}/bench/fit_costs.cpp)
target_link_libraries(mote_fit_costs PRIVATE mote_core CLI11::CLI11)
