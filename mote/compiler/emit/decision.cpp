// Writes what a package with a decision has besides the model: samples in, decisions out.
#include <algorithm>

#include "mote/compiler/emit/text.h"

namespace mote {
namespace {

std::string class_name(const FirmwareOptions& o, size_t c) {
  return c < o.labels.size() ? one_line(o.labels[c]) : fmt::format("class {}", c);
}

std::string params_text(const DecideParams& p) {
  const std::pair<const char*, int32_t> fields[] = {
      {"classes", p.classes},       {"average", p.average},     {"weight", p.weight},
      {"votes", p.votes},           {"voters", p.voters},       {"duration", p.duration},
      {"refractory", p.refractory}, {"rate_hops", p.rate_hops}, {"rate_most", p.rate_most},
      {"margin", p.margin},         {"distance", p.distance},   {"distance_limit", p.distance_limit}};
  std::vector<std::string> items;
  for (const auto& [name, value] : fields) items.push_back(fmt::format("/*{}*/ {}", name, value));
  return wrap(items, "     ");
}

// The rule in flash and its state.
std::string decider_text(const FirmwareOptions& o) {
  const DecisionRule& rule = o.decision->rule;
  std::string text = "constexpr mote::DecideClass kThresholds[] = {\n";
  for (size_t c = 0; c < rule.classes.size(); ++c)
    text += fmt::format("    {{{}, {}, {}}},  // {}\n", rule.classes[c].on, rule.classes[c].off,
                        rule.classes[c].is_event, class_name(o, c));
  const int32_t classes = rule.params.classes, times = classes * rule.params.rate_most;
  text += fmt::format(
      "}};\n\nmote::StreamState stream_state;\nmote::ClassState class_states[{}];\nint8_t recent_scores[{}];\n",
      classes, classes * rule.params.average);
  if (times > 0) text += fmt::format("uint16_t event_times[{}];\n", times);
  return text + fmt::format(
                    "\nconstexpr mote::Decider kDecider = {{\n    {{\n{}    }},\n    kThresholds, &stream_state, "
                    "class_states, recent_scores, {}}};\n\n",
                    params_text(rule.params), times > 0 ? "event_times" : "nullptr");
}

constexpr const char* kDecide = "on_decision(mote::decide(kDecider, output()));\n";

// Rows are handed on when they are full.
std::string rows_text(const Plan& plan) {
  return fmt::format(
      "int16_t row[kInputRowValues];\nint32_t filled;\n\n}}  // namespace\n\n"
      "void restart() {{\n  {}();\n  mote::reset(kDecider);\n  filled = 0;\n}}\n\n"
      "void push_samples(const int16_t* samples, int32_t count) {{\n  for (; count > 0; --count) {{\n"
      "    row[filled++] = *samples++;\n    if (filled < kInputRowValues) continue;\n    filled = 0;\n"
      "    if (push_row(row) == mote::Rc::ok) {}  }}\n}}\n",
      plan.stream.hop > 0 ? "reset" : "start", kDecide);
}

// A window is gathered where the model reads it.
std::string windows_text() {
  return fmt::format(
      "int32_t filled;\n\n}}  // namespace\n\nvoid restart() {{\n  mote::reset(kDecider);\n  filled = 0;\n}}\n\n"
      "void push_samples(const int16_t* samples, int32_t count) {{\n  for (; count > 0; --count) {{\n"
      "    input()[filled++] = *samples++;\n    if (filled < kInputValues) continue;\n    filled = 0;\n"
      "    if (infer() == mote::Rc::ok) {}  }}\n}}\n",
      kDecide);
}

// Windows overlap and are computed anew: a ring keeps the samples of one.
std::string ring_text() {
  return fmt::format(
      "int16_t ring[kInputValues];\nint32_t oldest;             // where the next sample goes\n"
      "int32_t due = kInputValues;  // samples until the next decision\n\n}}  // namespace\n\n"
      "void restart() {{\n  mote::reset(kDecider);\n  oldest = 0;\n  due = kInputValues;\n}}\n\n"
      "void push_samples(const int16_t* samples, int32_t count) {{\n  for (; count > 0; --count) {{\n"
      "    ring[oldest++] = *samples++;\n    if (oldest == kInputValues) oldest = 0;\n    if (--due > 0) continue;\n"
      "    due = kHopValues;\n    int16_t* window = input();\n"
      "    for (int32_t i = oldest; i < kInputValues; ++i) *window++ = ring[i];\n"
      "    for (int32_t i = 0; i < oldest; ++i) *window++ = ring[i];\n"
      "    if (infer() == mote::Rc::ok) {}  }}\n}}\n",
      kDecide);
}

bool by_rows(const Plan& plan) { return plan.options.feed == Feed::rows; }
bool overlaps(const DecisionPlan& d) { return d.hop < d.window; }

// What an example does with a decision; `print`: how it says which class.
std::string on_decision_text(const FirmwareOptions& o, const std::string& print) {
  return fmt::format(
      "void {}::on_decision(const mote::Decision& decision) {{\n  if (decision.event == mote::kNoClass) return;\n  {}\n}}\n\n",
      o.name, print);
}

}  // namespace

void add_decision_examples(const FirmwareOptions& o, FileSet& files) {
  const std::string event = o.labels.empty() ? "decision.event" : o.name + "::label(decision.event)";
  files["examples/main.cpp"] = fmt::format(
      "// The least an application does: push the samples, be told what was decided.\n#include <cstdio>\n\n#include \"{0}.h\"\n\n{1}"
      "int main() {{\n  if (!{0}::self_test()) return 1;\n  {0}::restart();\n"
      "  static int16_t samples[{0}::kWindowValues];  // fill it from the sensor, as often as there are more\n"
      "  {0}::push_samples(samples, {0}::kWindowValues);\n}}\n",
      o.name,
      on_decision_text(o, fmt::format("std::printf(\"{}\\n\", {});", o.labels.empty() ? "class %d" : "%s", event)));
  files[fmt::format("examples/{0}/{0}.ino", o.name)] = fmt::format(
      "// The least a sketch does: push the samples, be told what was decided.\n#include <{0}.h>\n\n{1}"
      "void setup() {{\n  Serial.begin(115200);\n"
      "  Serial.println({0}::self_test() ? \"self-test passed\" : \"self-test FAILED\");\n  {0}::restart();\n}}\n\n"
      "void loop() {{\n  static int16_t samples[{0}::kHopValues];  // fill it from the sensor\n"
      "  {0}::push_samples(samples, {0}::kHopValues);\n}}\n",
      o.name, on_decision_text(o, fmt::format("Serial.println({});", event)));
}

Status check_decision_feed(const Plan& plan, const DecisionPlan& decision) {
  if (by_rows(plan) && plan.stream.hop == 0 && overlaps(decision))
    return unsupported(
        "--feed rows forgets each window; the project's windows overlap: leave out --stream 0, or take --feed whole");
  const Tensor& t = plan.graph.at(plan.graph.inputs[0]);
  const auto hop = plan.stream.hop * element_count(t.shape) / row_count(t);
  if (plan.stream.hop > 0 && hop != decision.hop)
    return unsupported(fmt::format(
        "--stream {} decides every {} values; [input] hop, by which the decision counts time, is {} of them",
        plan.stream.hop, hop, decision.hop));
  return {};
}

DecisionBytes measure_decision(const Plan& plan, const DecisionPlan& decision) {
  DecisionBytes bytes;
  bytes.state = state_bytes(decision.rule.params);
  const Tensor& t = plan.graph.at(plan.graph.inputs[0]);
  bytes.samples = by_rows(plan) ? row_bytes(t) : overlaps(decision) ? byte_count(t) : 0;
  bytes.rule = static_cast<int64_t>(decision.rule.classes.size() * sizeof(DecideClass) + sizeof(DecideParams)) +
               5 * 4;  // and where the state is
  return bytes;
}

std::string describe_decision(const Plan& plan, const DecisionPlan& decision) {
  const DecisionBytes bytes = measure_decision(plan, decision);
  return fmt::format(
      "decision every {} values, {}: {} bytes of state, {} bytes for samples that wait, a rule of {} bytes in flash\n",
      decision.hop,
      plan.stream.hop > 0  ? "computing only what is new"
      : overlaps(decision) ? "each window anew, from a ring of its samples"
                           : "from one window after another",
      bytes.state, bytes.samples, bytes.rule);
}

std::string emit_decision_header(const Plan& plan, const FirmwareOptions& options) {
  const DecisionPlan& d = *options.decision;
  return fmt::format(
      "// ---- from samples to decisions ----\n\n"
      "constexpr int32_t kWindowValues = {}, kHopValues = {};\n\n"
      "// The application defines this one. It is called after each hop, with the class indices of output().\n"
      "void on_decision(const mote::Decision& decision);\n\n"
      "// Takes samples as they arrive, any number at a time: frame by frame, a value for each axis. {}\n"
      "// Then on_decision() is called, from within. All of the model's other functions disturb it, but output() and "
      "label().\n"
      "void push_samples(const int16_t* samples, int32_t count);\n\n"
      "// Begins a new stream: samples and decisions before are forgotten.\nvoid restart();\n\n",
      d.window, d.hop,
      plan.stream.hop > 0
          ? "Every kHopValues values\n// the model computes what is new, the first time after kWindowValues."
          : "Every kHopValues values\n// the model runs on the last kWindowValues.");
}

std::string emit_decision(const Plan& plan, const FirmwareOptions& options) {
  std::string text = generated_by(options);
  text += fmt::format("#include \"{0}.h\"\n\nnamespace {0} {{\nnamespace {{\n\n", options.name);
  text += decider_text(options);
  text += by_rows(plan) ? rows_text(plan) : overlaps(*options.decision) ? ring_text() : windows_text();
  return text + fmt::format("\n}}  // namespace {}\n", options.name);
}

}  // namespace mote
