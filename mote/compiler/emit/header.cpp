// Writes the header of a package: what an application calls.
#include "mote/compiler/emit/text.h"

namespace mote {

std::string emit_header(const Plan& plan, const FirmwareOptions& options) {
  const Graph& g = plan.graph;
  const std::string& name = options.name;
  std::string text = generated_by(options);
  auto add = [&]<class... Args>(fmt::format_string<Args...> format, Args&&... args) {
    text += fmt::format(format, std::forward<Args>(args)...);
  };
  auto quant = [](const Tensor& t) {
    return t.quant.is_set() ? fmt::format("; real = {} * (q - {})", t.quant.scale_at(0), t.quant.zero_at(0))
                            : std::string();
  };
  add("//\n// Not re-entrant: one arena of {} bytes serves the model. Nothing is allocated, nothing has to be initialised.\n",
      plan.arena_bytes);
  add("#pragma once\n#include <stdint.h>\n\n{}#include \"mote/device/program.h\"\n\nnamespace {} {{\n\n",
      !options.decision            ? ""
      : options.decision->recorder ? "#include \"mote/device/record.h\"\n"
                                   : "#include \"mote/device/decide.h\"\n",
      name);
  for (size_t i = 0; i < g.inputs.size(); ++i) {
    const Tensor& t = g.at(g.inputs[i]);
    const std::string n = i ? std::to_string(i) : "";
    add("// Input {}: \"{}\" {} {}{}.\n", i, one_line(short_name(t)), name_of(t.type), print(g.input_shape(i)),
        quant(t));
    add("constexpr int32_t kInput{}Values = {};\n", n, element_count(t.shape));
    const int64_t row_values = element_count(t.shape) / row_count(t);
    if (plan.stream.hop > 0)
      add("// The window slides over a stream of rows like this one's, so many at a time.\n"
          "constexpr int32_t kWindowRows = {}, kHopRows = {}, kInputRowValues = {};\n",
          row_count(t), plan.stream.hop, row_values);
    else if (plan.options.feed == Feed::rows)
      add("constexpr int32_t kInputRows = {}, kInputRowValues = {};\n", row_count(t), row_values);
    if (plan.options.feed == Feed::whole)
      add("// Where to put it. An inference consumes it: write it anew each time.\n{}* input{}();\n", c_type(t.type),
          n);
    add("\n");
  }
  for (size_t i = 0; i < g.outputs.size(); ++i) {
    const Tensor& t = g.at(g.outputs[i]);
    const std::string n = i ? std::to_string(i) : "";
    add("// Output {}: \"{}\" {} {}{}. {}.\n", i, one_line(short_name(t)), name_of(t.type), print(g.output_shape(i)),
        quant(t), plan.stream.hop > 0 ? "Valid until the next row is pushed" : "Valid until the next inference begins");
    add("constexpr int32_t kOutput{}Values = {};\nconst {}* output{}();\n\n", n, element_count(t.shape), c_type(t.type),
        n);
  }
  const std::string type = c_type(g.at(g.inputs[0]).type);
  if (plan.stream.hop > 0) {
    add("// Takes the next row of the stream (kInputRowValues values) and does all that it makes possible. Returns Rc::ok\n"
        "// when the outputs are there: after the first kWindowRows rows, and then after every kHopRows more. Otherwise\n"
        "// Rc::wants_row.\nmote::Rc push_row(const {}* row);\n\n",
        type);
    add("// Begins a new stream: rows pushed before are forgotten.\nvoid reset();\n\n");
    add("// The same in small steps, for a main loop that has to stay responsive: step() while it says Rc::more, put_row() when\n"
        "// it says Rc::wants_row, until Rc::ok; after that, step() begins the next window.\nmote::Rc step();\n"
        "mote::Rc put_row(const {}* row);\nmote::Rc step_until_row();\n\n",
        type);
  } else if (plan.options.feed == Feed::rows) {
    add("// The input arrives row by row: push_row takes the next one (kInputRowValues values) and does all that it makes\n"
        "// possible. Returns Rc::wants_row until the last row, then Rc::ok: the outputs are there.\n");
    add("mote::Rc push_row(const {}* row);\n\n", type);
    add("// All rows of an input that lies in memory.\nmote::Rc infer(const {}* input);\n\n", type);
    add("// The same in small steps, for a main loop that has to stay responsive: start(); then step() while it says Rc::more,\n"
        "// put_row() when it says Rc::wants_row, until Rc::ok.\nvoid start();\nmote::Rc step();\nmote::Rc put_row(const {}* row);\n"
        "mote::Rc step_until_row();\n\n",
        type);
  } else {
    add("// Runs the model on what input() holds.\nmote::Rc infer();\n");
    if (g.inputs.size() == 1)
      add("// The same, copying kInputValues values first.\nmote::Rc infer(const {}* from);\n", type);
    add("\n// The same in small steps, for a main loop that has to stay responsive: start(); then step() while it says Rc::more,\n"
        "// until Rc::ok.\nvoid start();\nmote::Rc step();\n\n");
  }
  if (options.decision) text += emit_decision_header(plan, options);
  if (!options.labels.empty()) add("// The name of class i of output 0.\nconst char* label(int32_t i);\n\n");
  add("// Runs a known input through the model{}; true if every output byte is as it was on the host.\nbool self_test();\n\n",
      plan.stream.hop > 0 ? ", two windows of it, and resets it" : "");
  add("// The compiled model as tables, for tools{}.\nconst mote::{}& program();\n\n}}  // namespace {}\n",
      plan.stream.hop > 0 ? ": those of the window that is being made, or comes next" : "", program_type(plan), name);
  return text;
}

}  // namespace mote
