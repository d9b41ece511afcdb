// A compiled model as files: a C++ library that is a CMake project and an Arduino library at once.
//
//   library.properties CMakeLists.txt README.md manifest.json report.txt plan.svg LICENSE
//   src/<name>.h           what the application calls
//   src/<name>.cpp         the program: one line per op
//   src/<name>_data.cpp    weights and tables
//   src/<name>_self_test.cpp
//   src/<name>_decision.cpp   samples in, decisions out: of projects that decide
//   src/<name>_recorder.h     of projects that remember their last hops,
//   src/<name>_build.cpp      with the hash of all other sources
//   src/mote/...           the kernels it uses, copied as they are
//   examples/...
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/ir/decision.h"
#include "mote/compiler/ir/target.h"
#include "mote/compiler/plan/plan.h"

namespace mote {

struct FirmwareOptions {
  std::string name;                           // C++ namespace and file name; see make_name
  std::string target;                         // "cortex-m4"
  std::vector<std::string> labels;            // of the first output
  std::vector<Bytes> test_inputs;             // for the self-test: made by self_test_inputs (or self_test_stream)
  std::vector<Bytes> test_outputs;            // what the definition makes of them (of the last window)
  std::string compile_flag = "-O2";           // see optimize_flag
  std::optional<DecisionPlan> decision = {};  // of the first output, which is int8
};

struct Firmware {
  std::string name;
  std::string compile_flag;
  FileSet files;
  std::string build = {};  // with a recorder: what its dumps carry, see build_of()
};

// The file name of a model as a C++ identifier that no keyword, function of the C library, kernel or CMake target can
// clash with: "kws-v2.tflite" becomes kws_v2_model.
std::string make_name(const std::string& file_name);

// "-Os", "-O2" or "-O3": what the package is compiled with.
std::string optimize_flag(Optimize optimize, const Toolchain& toolchain);

// The input of the self-test, as the emitted code makes it: a counter-based pattern.
std::vector<Bytes> self_test_inputs(const Graph& graph);
// That of a window that slides: as many rows of the input as make `windows` of them. The self-test runs two.
Bytes self_test_stream(const Plan& plan, int64_t windows);

Firmware make_firmware(const Plan& plan, const FirmwareOptions& options);

// ---- the parts of make_firmware ----
std::string emit_header(const Plan& plan, const FirmwareOptions& options);
std::string emit_program(const Plan& plan, const FirmwareOptions& options);
std::string emit_data_header(const Plan& plan, const FirmwareOptions& options);
std::string emit_data(const Plan& plan, const FirmwareOptions& options);
std::string emit_self_test(const Plan& plan, const FirmwareOptions& options);
std::string emit_decision_header(const Plan& plan, const FirmwareOptions& options);
std::string emit_decision(const Plan& plan, const FirmwareOptions& options);
std::string emit_recorder_header(const Plan& plan, const FirmwareOptions& options);
std::string emit_build(const FirmwareOptions& options, const std::string& hash);
void add_decision_examples(const FirmwareOptions& options, FileSet& files);
std::string emit_manifest(const Plan& plan, const FirmwareOptions& options, const FileSet& files);

// Whether samples can be fed to the plan so that it decides as it is said to.
Status check_decision_feed(const Plan& plan, const DecisionPlan& decision);

// What a decision takes besides the model and its own code.
struct DecisionBytes {
  int64_t state = 0, samples = 0;  // RAM
  int64_t rule = 0;                // flash
};
DecisionBytes measure_decision(const Plan& plan, const DecisionPlan& decision);
std::string describe_decision(const Plan& plan, const DecisionPlan& decision);

// What a recorder takes, in RAM.
struct RecorderBytes {
  int64_t samples = 0, records = 0, others = 0;
  int64_t dump = 0;  // the longest one, not in RAM
  int64_t ram() const { return samples + records + others; }
};
RecorderBytes measure_recorder(const Plan& plan, const DecisionPlan& decision);
std::string describe_recorder(const Plan& plan, const DecisionPlan& decision);

// "int8_t", "float": the C++ type of a tensor's elements.
std::string c_type(DType type);

// The tables of all calls, equal ones once: for call c and table i, the number of the array that holds it.
struct TableSet {
  std::vector<const Table*> tables;
  std::vector<std::string> names;  // of the arrays
  std::vector<std::vector<int>> of_call;
};
TableSet collect_tables(const Plan& plan);

// A picture of the arena over time: each tensor's rows as rectangles. SVG.
std::string draw_plan(const Plan& plan);

// What the plan is, as text: one line per op with shapes, rows kept, places.
std::string describe_plan(const Plan& plan);

}  // namespace mote
