// Writes what a package with a decision has besides the model: samples in, decisions out.
#include <algorithm>

#include "mote/compiler/emit/text.h"
#include "mote/compiler/ir/two_classes.h"

namespace mote {
namespace {

size_t first_label(const FirmwareOptions& o) { return first_scored(o.decision->rule.classes.size(), o.labels.size()); }

std::string class_name(const FirmwareOptions& o, size_t c) {
  const size_t label = first_label(o) + c;
  return label < o.labels.size() ? one_line(o.labels[label]) : fmt::format("class {}", c);
}

const char* sample_type(const DecisionPlan& d) { return d.samples == DType::uint8 ? "uint8_t" : "int16_t"; }

bool overlaps(const DecisionPlan& d) { return d.hop < d.window; }
bool pauses(const DecisionPlan& d) { return d.hop > d.window; }

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

// The rings, and where they are.
std::string recorder_text(const Plan& plan, const FirmwareOptions& o) {
  const RecorderPlan& r = *o.decision->recorder;
  const RecorderBytes bytes = measure_recorder(plan, *o.decision);
  return fmt::format(
      "{5} kept_samples[{0}];\nalignas(4) uint8_t records[{1}];\nmote::RecorderState recorder_state;\n\n"
      "constexpr mote::RecorderOf<{5}> kRecorder = {{kBuild, kept_samples, {0}, records, {2}, {3}, {4}, &recorder_state}};\n\n",
      r.samples, bytes.records, r.decisions, r.ops ? "op_checks" : "nullptr", r.ops ? plan.calls.size() : 0,
      sample_type(*o.decision));
}

bool keeps(const FirmwareOptions& o) { return o.decision->recorder.has_value(); }

// What follows a window: the decision, and a pause where there is one.
std::string decide_text(const FirmwareOptions& o) {
  return fmt::format("on_decision(mote::{}kDecider, output()));\n{}",
                     keeps(o) ? "decide_and_keep(kRecorder, " : "decide(",
                     pauses(*o.decision) ? "    pause = kHopValues - kWindowValues;\n" : "");
}

std::string pause_state(const FirmwareOptions& o) {
  return pauses(*o.decision) ? "int32_t pause;  // values to come that no window takes\n" : "";
}

std::string restart_text(const FirmwareOptions& o, const std::string& more) {
  return fmt::format("void restart() {{\n{}  mote::reset(kDecider);\n{}{}}}\n\n",
                     keeps(o) ? "  mote::reset(kRecorder);\n" : "", more, pauses(*o.decision) ? "  pause = 0;\n" : "");
}

std::string push_text(const FirmwareOptions& o, const std::string& body) {
  return fmt::format(
      "void push_samples(const {}* samples, int32_t count) {{\n  for (; count > 0; --count) {{\n{}{}{}  }}\n}}\n",
      sample_type(*o.decision), keeps(o) ? "    mote::keep_sample(kRecorder, *samples);\n" : "",
      pauses(*o.decision) ? "    if (pause > 0) {\n      --pause, ++samples;\n      continue;\n    }\n" : "", body);
}

// Rows are handed on when they are full.
std::string rows_text(const Plan& plan, const FirmwareOptions& o) {
  return fmt::format("{} row[kInputRowValues];\nint32_t filled;\n{}\n}}  // namespace\n\n", sample_type(*o.decision),
                     pause_state(o)) +
         restart_text(o, fmt::format("  {}();\n  filled = 0;\n", plan.stream.hop > 0 ? "reset" : "start")) +
         push_text(o,
                   "    row[filled++] = *samples++;\n    if (filled < kInputRowValues) continue;\n    filled = 0;\n"
                   "    if (push_row(row) != mote::Rc::ok) continue;\n    " +
                       decide_text(o));
}

// A window is gathered where the model reads it.
std::string windows_text(const FirmwareOptions& o) {
  return "int32_t filled;\n" + pause_state(o) + "\n}  // namespace\n\n" + restart_text(o, "  filled = 0;\n") +
         push_text(o,
                   "    input()[filled++] = *samples++;\n    if (filled < kInputValues) continue;\n    filled = 0;\n"
                   "    if (infer() != mote::Rc::ok) continue;\n    " +
                       decide_text(o));
}

// Windows overlap and are computed anew: a ring keeps the samples of one, or the recorder's does.
std::string ring_text(const FirmwareOptions& o) {
  const std::string due = "int32_t due = kInputValues;  // samples until the next decision\n\n}  // namespace\n\n";
  const std::string run = "    if (infer() == mote::Rc::ok) " + decide_text(o);
  if (keeps(o))
    return due + restart_text(o, "  due = kInputValues;\n") +
           push_text(o,
                     "    ++samples;\n    if (--due > 0) continue;\n    due = kHopValues;\n"
                     "    mote::copy_newest(kRecorder, kInputValues, input());\n" +
                         run);
  return "int16_t ring[kInputValues];\nint32_t oldest;  // where the next sample goes\n" + due +
         restart_text(o, "  oldest = 0;\n  due = kInputValues;\n") +
         push_text(o,
                   "    ring[oldest++] = *samples++;\n    if (oldest == kInputValues) oldest = 0;\n"
                   "    if (--due > 0) continue;\n    due = kHopValues;\n    int16_t* window = input();\n"
                   "    for (int32_t i = oldest; i < kInputValues; ++i) *window++ = ring[i];\n"
                   "    for (int32_t i = 0; i < oldest; ++i) *window++ = ring[i];\n" +
                       run);
}

bool by_rows(const Plan& plan) { return plan.options.feed == Feed::rows; }

std::string recorder_header(const Plan& plan, const DecisionPlan& d) {
  return fmt::format(
      "// Hands out, in pieces, what is kept of the newest hops: the last {} samples, {} decision{} with what they were made\n"
      "// from, and the hash of this build. mote replay makes all of it anew and says what went wrong. Not while\n"
      "// push_samples() is at work, but for within on_decision(). At most kDumpBytes in all.\n"
      "constexpr int32_t kDumpBytes = {};\nvoid write_dump(mote::TakeBytes take, void* context);\n\n",
      d.recorder->samples, d.recorder->decisions, d.recorder->decisions == 1 ? "" : "s",
      measure_recorder(plan, d).dump);
}

// What an example does with a decision; `print`: how it says which class.
std::string on_decision_text(const FirmwareOptions& o, const std::string& print) {
  return fmt::format(
      "void {}::on_decision(const mote::Decision& decision) {{\n  if (decision.event == mote::kNoClass) return;\n  {}\n}}\n\n",
      o.name, print);
}

}  // namespace

void add_decision_examples(const FirmwareOptions& o, FileSet& files) {
  const std::string event = o.labels.empty() ? "decision.event" : o.name + "::event_label(decision.event)";
  files["examples/main.cpp"] = fmt::format(
      "// The least an application does: push the samples, be told what was decided.\n#include <cstdio>\n\n#include \"{0}.h\"\n\n{1}"
      "int main() {{\n  if (!{0}::self_test()) return 1;\n  {0}::restart();\n"
      "  static {2} samples[{0}::kWindowValues];  // fill it from the sensor, as often as there are more\n"
      "  {0}::push_samples(samples, {0}::kWindowValues);\n}}\n",
      o.name,
      on_decision_text(o, fmt::format("std::printf(\"{}\\n\", {});", o.labels.empty() ? "class %d" : "%s", event)),
      sample_type(*o.decision));
  files[fmt::format("examples/{0}/{0}.ino", o.name)] = fmt::format(
      "// The least a sketch does: push the samples, be told what was decided.\n#include <{0}.h>\n\n{1}"
      "void setup() {{\n  Serial.begin(115200);\n"
      "  Serial.println({0}::self_test() ? \"self-test passed\" : \"self-test FAILED\");\n  {0}::restart();\n}}\n\n"
      "void loop() {{\n  static {2} samples[{0}::kHopValues];  // fill it from the sensor\n"
      "  {0}::push_samples(samples, {0}::kHopValues);\n}}\n",
      o.name, on_decision_text(o, fmt::format("Serial.println({});", event)), sample_type(*o.decision));
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
  bytes.samples = by_rows(plan) ? row_bytes(t) : overlaps(decision) && !decision.recorder ? byte_count(t) : 0;
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
      : pauses(decision)   ? "from a window at a time, with a pause after it"
                           : "from one window after another",
      bytes.state, bytes.samples, bytes.rule);
}

RecorderBytes measure_recorder(const Plan& plan, const DecisionPlan& decision) {
  const RecorderPlan& r = *decision.recorder;
  const int32_t checks = r.ops ? static_cast<int32_t>(plan.calls.size()) : 0;
  RecorderBytes bytes;
  const int64_t size = bytes_of(decision.samples);
  bytes.samples = size * r.samples;
  bytes.records = int64_t{r.decisions} * record_bytes(decision.rule.params, checks);
  bytes.others = 4 * checks + static_cast<int64_t>(sizeof(RecorderState));
  const auto longest = [&](auto recorder) { return dump_bytes(recorder, decision.rule.params); };
  bytes.dump = size == 1
                   ? longest(PixelRecorder{nullptr, nullptr, r.samples, nullptr, r.decisions, nullptr, checks, nullptr})
                   : longest(Recorder{nullptr, nullptr, r.samples, nullptr, r.decisions, nullptr, checks, nullptr});
  return bytes;
}

std::string describe_recorder(const Plan& plan, const DecisionPlan& decision) {
  const RecorderBytes bytes = measure_recorder(plan, decision);
  const RecorderPlan& r = *decision.recorder;
  return fmt::format(
      "recorder {} bytes of RAM: {} for {} samples, {} for {} decision{}{}, {} else; a dump has at most {}\n",
      bytes.ram(), bytes.samples, r.samples, bytes.records, r.decisions, r.decisions == 1 ? "" : "s",
      r.ops ? " with a checksum of each call" : "", bytes.others, bytes.dump);
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
      "what names a class.\n"
      "void push_samples(const {}* samples, int32_t count);\n\n"
      "// Begins a new stream: samples and decisions before are forgotten.\nvoid restart();\n\n{}{}",
      d.window, d.hop,
      plan.stream.hop > 0
          ? "Every kHopValues values\n// the model computes what is new, the first time after kWindowValues."
      : pauses(d) ? "Of every kHopValues values\n// the model takes the first kWindowValues, and leaves out the others."
                  : "Every kHopValues values\n// the model runs on the last kWindowValues.",
      sample_type(d),
      options.labels.empty() ? ""
                             : "// The name of a class that a decision speaks of, by its index.\n"
                               "const char* event_label(int32_t index);\n\n",
      d.recorder ? recorder_header(plan, d) : "");
}

std::string emit_recorder_header(const Plan& plan, const FirmwareOptions& options) {
  std::string text = generated_by(options);
  text += fmt::format(
      "#pragma once\n#include <stdint.h>\n\nnamespace {} {{\n\n"
      "// The SHA-256 of this package (docs/RECORDER.md).\nextern const uint8_t kBuild[{}];\n\n",
      options.name, kBuildBytes);
  if (options.decision->recorder->ops)
    text +=
        fmt::format("// By call: the checksum of what it has made of this window.\nextern uint32_t op_checks[{}];\n\n",
                    plan.calls.size());
  return text + fmt::format("}}  // namespace {}\n", options.name);
}

std::string emit_build(const FirmwareOptions& options, const std::string& hash) {
  std::vector<std::string> bytes;
  for (size_t i = 0; i + 1 < hash.size(); i += 2) bytes.push_back("0x" + hash.substr(i, 2));
  return generated_by(options) +
         fmt::format(
             "#include \"{0}_recorder.h\"\n\nnamespace {0} {{\n\nconst uint8_t kBuild[{1}] = {{\n{2}}};\n\n"
             "}}  // namespace {0}\n",
             options.name, kBuildBytes, wrap(bytes, "    "));
}

std::string emit_decision(const Plan& plan, const FirmwareOptions& options) {
  std::string text = generated_by(options);
  text += fmt::format("#include \"{0}.h\"\n{1}\nnamespace {0} {{\nnamespace {{\n\n", options.name,
                      keeps(options) ? fmt::format("#include \"{}_recorder.h\"\n", options.name) : "");
  text += decider_text(options);
  if (keeps(options)) text += recorder_text(plan, options);
  text += by_rows(plan)                 ? rows_text(plan, options)
          : overlaps(*options.decision) ? ring_text(options)
                                        : windows_text(options);
  if (!options.labels.empty())
    text += fmt::format("\nconst char* event_label(int32_t index) {{ return label(index{}); }}\n",
                        first_label(options) > 0 ? " + 1" : "");
  if (keeps(options))
    text +=
        "\nvoid write_dump(mote::TakeBytes take, void* context) {\n"
        "  mote::write_dump(kRecorder, kDecider.params, take, context);\n}\n";
  return text + fmt::format("\n}}  // namespace {}\n", options.name);
}

}  // namespace mote
