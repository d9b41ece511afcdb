// Writes the self-test of a package, and computes its input as the emitted code does.
#include "mote/compiler/emit/text.h"

namespace mote {

std::string emit_self_test(const Plan& plan, const FirmwareOptions& options) {
  const Graph& g = plan.graph;
  std::string text = generated_by(options);
  text += fmt::format("#include \"{}.h\"\n\nnamespace {} {{\nnamespace {{\n\n", options.name, options.name);
  for (size_t i = 0; i < g.outputs.size(); ++i) {
    text += fmt::format("const uint8_t kExpected{}[] = {{\n", i);
    text += wrap(numbers(std::span<const uint8_t>(options.test_outputs[i])), "    ") + "};\n\n";
  }
  text +=
      "// The pattern of the test input: value i of input n.\nint8_t pattern(uint32_t n, uint32_t i) {\n"
      "  uint32_t v = (i + 1) * 2654435761u + n * 40503u;\n  v ^= v >> 15;\n  return static_cast<int8_t>(v & 0xFF);\n}\n\n"
      "bool equal(const void* got, const uint8_t* want, uint32_t bytes) {\n  const uint8_t* p = static_cast<const uint8_t*>(got);\n"
      "  for (uint32_t i = 0; i < bytes; ++i)\n    if (p[i] != want[i]) return false;\n  return true;\n}\n\n}  // namespace\n\nbool self_test() {\n";
  const std::string type0 = c_type(g.at(g.inputs[0]).type);
  if (plan.stream.hop > 0) {
    text += fmt::format(
        "  reset();\n  {0} row[kInputRowValues];\n  uint32_t at = 0;\n  mote::Rc rc = mote::Rc::misuse;\n"
        "  for (int32_t i = 0; i < kWindowRows + kHopRows; ++i) {{\n"
        "    for ({0}& v : row) v = static_cast<{0}>(pattern(0, at++));\n    rc = push_row(row);\n  }}\n"
        "  reset();\n  if (rc != mote::Rc::ok) return false;\n",
        type0);
  } else if (plan.options.feed == Feed::rows) {
    text += fmt::format(
        "  start();\n  {} row[kInputRowValues];\n  uint32_t at = 0;\n  mote::Rc rc = step_until_row();\n"
        "  while (rc == mote::Rc::wants_row) {{\n    for ({}& v : row) v = static_cast<{}>(pattern(0, at++));\n"
        "    rc = push_row(row);\n  }}\n  if (rc != mote::Rc::ok) return false;\n",
        type0, type0, type0);
  } else {
    for (size_t i = 0; i < g.inputs.size(); ++i)
      text += fmt::format(
          "  for (int32_t i = 0; i < kInput{0}Values; ++i) input{0}()[i] = static_cast<{1}>(pattern({2}, static_cast<uint32_t>(i)));\n",
          i ? std::to_string(i) : "", c_type(g.at(g.inputs[i]).type), i);
    text += "  if (infer() != mote::Rc::ok) return false;\n";
  }
  text += "  return ";
  for (size_t i = 0; i < g.outputs.size(); ++i)
    text += fmt::format("{}equal(output{}(), kExpected{}, {})", i ? " &&\n         " : "", i ? std::to_string(i) : "",
                        i, options.test_outputs[i].size());
  return text + fmt::format(";\n}}\n\n}}  // namespace {}\n", options.name);
}

namespace {

// Value i of the pattern of input n, in the input's type.
Bytes make_pattern(DType type, int64_t values, uint32_t n) {
  Bytes bytes(static_cast<size_t>(values * bytes_of(type)));
  for (uint32_t i = 0; i < static_cast<uint32_t>(values); ++i) {
    uint32_t v = (i + 1) * 2654435761u + n * 40503u;
    v ^= v >> 15;
    const auto q = static_cast<int8_t>(v & 0xFF);
    if (type == DType::float32) view_as<float>(bytes)[i] = q;
    else if (type == DType::boolean) bytes[i] = q != 0;
    else
      for (int64_t b = 0; b < bytes_of(type); ++b)
        bytes[static_cast<size_t>(i * bytes_of(type) + b)] = static_cast<uint8_t>(b == 0 ? q : q < 0 ? 0xFF : 0);
  }
  return bytes;
}

}  // namespace

std::vector<Bytes> self_test_inputs(const Graph& graph) {
  std::vector<Bytes> inputs;
  for (TensorId id : graph.inputs)
    inputs.push_back(
        make_pattern(graph.at(id).type, element_count(graph.at(id).shape), static_cast<uint32_t>(inputs.size())));
  return inputs;
}

Bytes self_test_stream(const Plan& plan, int64_t windows) {
  const Tensor& t = plan.graph.at(plan.graph.inputs[0]);
  const int64_t rows = row_count(t) + (windows - 1) * plan.stream.hop;
  return make_pattern(t.type, rows * row_bytes(t) / bytes_of(t.type), 0);
}

}  // namespace mote
