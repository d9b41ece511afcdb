// Writes a plan as C++: tables that a person can read, one line per op, and the few functions around them.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/emit/text.h"
#include "mote/compiler/plan/run.h"

namespace mote {
namespace {

std::string print_int32(int32_t v) { return v == INT32_MIN ? "-2147483647 - 1" : std::to_string(v); }

std::vector<std::string> print_table(const Table& t) {
  std::vector<std::string> items;
  if (t.type == "int8_t") return numbers(t.data.as<int8_t>());
  if (t.type == "uint8_t") return numbers(t.data.as<uint8_t>());
  if (t.type == "int16_t") return numbers(t.data.as<int16_t>());
  if (t.type == "uint16_t") return numbers(t.data.as<uint16_t>());
  if (t.type == "uint32_t") return numbers(t.data.as<uint32_t>());
  if (t.type == "Requant") {
    const auto v = t.data.as<int32_t>();
    for (size_t i = 0; i + 1 < v.size(); i += 2) items.push_back(fmt::format("{{{}, {}}}", v[i], v[i + 1]));
    return items;
  }
  MOTE_ASSERT(t.type == "int32_t");
  for (int32_t v : t.data.as<int32_t>()) items.push_back(print_int32(v));
  return items;
}

bool is_used(const Plan& plan, TensorId id) { return !plan.places[static_cast<size_t>(id)].rows.empty(); }

std::string print_place(const Plan& plan, TensorId id) {
  const Tensor& t = plan.graph.at(id);
  const Place& place = plan.places[static_cast<size_t>(id)];
  if (t.is_constant()) return "constant";
  if (place.rows.empty()) return "unused";
  const auto [low, high] = std::minmax_element(place.rows.begin(), place.rows.end());
  return fmt::format("{} of {} rows at once, bytes {}..{}", place.slots, place.rows.size(), *low,
                     *high + row_bytes(t) - 1);
}

// The tensors that calls or the interface refer to, in order.
std::vector<TensorId> used_tensors(const Plan& plan) {
  std::set<TensorId> ids(plan.graph.inputs.begin(), plan.graph.inputs.end());
  ids.insert(plan.graph.outputs.begin(), plan.graph.outputs.end());
  for (const KernelCall& call : plan.calls) {
    for (const Reads& r : call.reads) ids.insert(r.tensor);
    for (const Writes& w : call.writes) ids.insert(w.tensor);
  }
  return {ids.begin(), ids.end()};
}

class ProgramWriter {
 public:
  ProgramWriter(const Plan& plan, const FirmwareOptions& options)
      : plan_(plan), options_(options), tables_(collect_tables(plan)) {
    for (TensorId id : used_tensors(plan)) number_[id] = static_cast<int>(number_.size());
  }

  std::string write() {
    head();
    rows();
    calls();
    schedules();
    interface();
    return std::move(text_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    text_ += fmt::format(format, std::forward<Args>(args)...);
  }

  void head() {
    const std::string& name = options_.name;
    text_ += generated_by(options_);
    add("#include \"{}.h\"\n\n#include \"{}_data.h\"\n", name, name);
    std::set<std::string> headers;
    for (const KernelCall& call : plan_.calls) {
      MOTE_ASSERT(!call.kernel->host_only);
      headers.insert(std::string(call.kernel->header));
    }
    for (const std::string& h : headers) add("#include \"{}\"\n", h);
    if (checks_ops()) add("#include \"{}_recorder.h\"\n", name);
    add("\nnamespace {} {{\n\n", name);
    if (checks_ops()) add("uint32_t op_checks[{}];\n\n", plan_.calls.size());
    add("namespace {{\n\nusing namespace mote;\n\n");
    add("alignas(8) uint8_t arena[{}];\n\n", std::max<int64_t>(plan_.arena_bytes, 1));
  }

  // A table of row offsets for every tensor whose rows do not lie one after another.
  void rows() {
    const bool wide = plan_.arena_bytes > 65536;
    for (const auto& [id, n] : number_) {
      const Place& place = plan_.places[static_cast<size_t>(id)];
      if (place.rows.empty() || place.linear) continue;
      add("constexpr uint{}_t kRows{}[] = {{\n", wide ? 32 : 16, n);
      text_ += wrap(numbers(std::span<const int64_t>(place.rows)), "    ");
      add("}};\n");
    }
    add("\n// Where the rows of each tensor live.\nconstexpr Rows kTensors[] = {{\n");
    for (const auto& [id, n] : number_) {
      const Tensor& t = plan_.graph.at(id);
      const Place& place = plan_.places[static_cast<size_t>(id)];
      std::string where = "arena, nullptr";
      if (t.is_constant()) where = fmt::format("kConstant{}, nullptr", id);
      else if (!place.rows.empty() && place.linear) where = fmt::format("arena + {}, nullptr", place.rows[0]);
      else if (!place.rows.empty()) where = fmt::format("arena, kRows{}", n);
      add("    {{{}, {}, {}}},  // {}: \"{}\" {} {}, {}\n", where, row_bytes(t), wide ? 1 : 0, n,
          one_line(short_name(t)), print(t.shape), name_of(t.type), print_place(plan_, id));
    }
    add("}};\n\n");
  }

  std::string print_input(const Reads& r) const {
    return fmt::format("{{&kTensors[{}], {}, {}, {}, {}, {}, {}}}", number_.at(r.tensor), "nullptr", r.begin,
                       r.begin + r.count, r.stride, r.offset, r.whole ? 0 : (r.span - 1) * r.dilation + 1);
  }

  void call_tables(size_t c) {
    const KernelCall& call = plan_.calls[c];
    std::vector<std::string> params;
    size_t at = 0;
    for (int32_t v : call.params) {
      const std::string_view fields = call.kernel->fields;
      const size_t end = std::min(fields.find(' ', at), fields.size());
      params.push_back(fmt::format("/*{}*/ {}", fields.substr(at, end - at), print_int32(v)));
      at = std::min(end + 1, fields.size());
    }
    if (!params.empty()) {
      add("constexpr {} kParams{} = {{\n", call.kernel->params, c);
      text_ += wrap(params, "    ");
      add("}};\n");
    }
    if (!call.tables.empty()) {
      add("constexpr const void* kTables{}[] = {{", c);
      for (size_t i = 0; i < call.tables.size(); ++i)
        add("{}{}", i ? ", " : "", tables_.names[static_cast<size_t>(tables_.of_call[c][i])]);
      add("}};\n");
    }
    for (size_t i = 0; i < call.reads.size(); ++i)
      if (!call.reads[i].table.empty()) {
        add("constexpr uint16_t kFirst{}_{}[] = {{\n", c, i);
        text_ += wrap(numbers(std::span<const uint16_t>(call.reads[i].table)), "    ");
        add("}};\n");
      }
    if (!call.reads.empty()) {
      add("constexpr Input kIn{}[] = {{", c);
      for (size_t i = 0; i < call.reads.size(); ++i) {
        std::string input = print_input(call.reads[i]);
        if (!call.reads[i].table.empty()) input.replace(input.find("nullptr"), 7, fmt::format("kFirst{}_{}", c, i));
        add("{}{}", i ? ", " : "", input);
      }
      add("}};\n");
    }
    add("constexpr Output kOut{}[] = {{", c);
    for (size_t i = 0; i < call.writes.size(); ++i)
      add("{}{{&kTensors[{}], {}}}", i ? ", " : "", number_.at(call.writes[i].tensor), call.writes[i].begin);
    add("}};\n\n");
  }

  std::string call_line(size_t c) const {
    const KernelCall& call = plan_.calls[c];
    const Op& op = plan_.graph.ops[static_cast<size_t>(call.op)];
    auto memory = [](int64_t at) { return at < 0 ? std::string("nullptr") : fmt::format("arena + {}", at); };
    const TensorId in = call.reads.empty() ? kNone : call.reads[0].tensor;
    return fmt::format(
        "    {{{}, {}, {}, {}, kOut{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}},  // {}: {} -> {}; makes {}\n",
        call.kernel->name, call.params.empty() ? "nullptr" : fmt::format("&kParams{}", c),
        call.tables.empty() ? "nullptr" : fmt::format("kTables{}", c),
        call.reads.empty() ? "nullptr" : fmt::format("kIn{}", c), c, memory(plan_.scratch[c]), memory(plan_.carry[c]),
        call.rows, call.rows_per_step, call.steps_per_row, call.op, call.reads.size(), call.writes.size(),
        static_cast<int>(call.fold), one_line(describe(op, plan_.graph)),
        in == kNone ? "" : print(plan_.graph.at(in).shape), print(plan_.graph.out(op).shape),
        print_place(plan_, call.writes[0].tensor));
  }

  void calls() {
    for (size_t c = 0; c < plan_.calls.size(); ++c) call_tables(c);
    add("// kernel, parameters, tables, inputs, outputs, scratch, carry, rows, rows per step, steps per row, op, operands, fold\n");
    add("constexpr Call kCalls[] = {{\n");
    for (size_t c = 0; c < plan_.calls.size(); ++c) text_ += call_line(c);
    add("}};\n\n");
  }

  // A schedule, and the program that follows it.
  void program(const std::string& what, const std::string& comment, const std::vector<PlanStep>& steps) {
    std::vector<std::string> items;
    for (WideEntry e : make_entries(steps))
      items.push_back(takes_input(e) ? fmt::format("take({})", entry_first(e))
                                     : fmt::format("run({}, {}, {})", entry_call(e), entry_first(e), entry_count(e)));
    add("// {}\nconstexpr {} kSchedule{}[] = {{\n", comment, is_wide(plan_) ? "WideEntry" : "Entry", what);
    text_ += wrap(items, "    ");
    const PointerCounts pointers = count_pointers(plan_);
    add("}};\n\nconstexpr {} kProgram{} = {{kCalls, kSchedule{}, {}, {}, {}, {}}};\n\n", program_type(plan_), what,
        what, plan_.calls.size(), items.size(), pointers.in, pointers.out);
  }

  bool slides() const { return plan_.stream.hop > 0; }

  void schedules() {
    const bool wide = is_wide(plan_);
    const char *entry = wide ? "WideEntry" : "Entry", *make = wide ? "make_wide_entry" : "make_entry";
    if (plan_.options.feed == Feed::rows)
      add("constexpr {} take(uint32_t row) {{ return {}({}, row, 1); }}\n", entry, make,
          wide ? "kWideTakeInput" : "kTakeInput");
    add("constexpr {} run(uint32_t call, uint32_t step, uint32_t count) {{ return {}(call, step, count); }}\n\n", entry,
        make);
    program("",
            slides() ? "Which call makes which of its steps when, in the first window."
                     : "Which call makes which of its steps when.",
            plan_.schedule);
    if (slides()) program("Hop", "And in each window after it.", plan_.hop_schedule);
    const PointerCounts pointers = count_pointers(plan_);
    add("Cursor cursor;\n");
    if (slides())
      add("bool hops;  // the first window is done\n\nconst {}& now() {{ return hops ? kProgramHop : kProgram; }}\n\n"
          "// Behind the end of a window the next one begins.\nvoid go_on() {{\n"
          "  if (cursor.entry < now().n_entries) return;\n  hops = true;\n  cursor = {{0, 0}};\n}}\n",
          program_type(plan_));
    add("\n// A walk from where the last one stopped; the pointers of a step live on the stack.\n"
        "template <class Move>\n"
        "Rc walk(Move move) {{\n"
        "  const uint8_t* in[{}];\n  uint8_t* out[{}];\n"
        "  Walk w = {{cursor, in, out}};\n  const Rc rc = move(w);\n  cursor = w.at;\n  return rc;\n}}\n\n}}  // namespace\n\n",
        pointers.in, pointers.out);
  }

  bool checks_ops() const {
    return options_.decision && options_.decision->recorder && options_.decision->recorder->ops;
  }

  std::string make_steps(const char* program) const {
    return checks_ops() ? fmt::format("make_checked_steps({}, w, op_checks)", program)
                        : fmt::format("make_steps({}, w)", program);
  }

  std::string address(TensorId id) const {
    if (!is_used(plan_, id)) return "arena";
    return fmt::format("arena + {}", plan_.places[static_cast<size_t>(id)].rows[0]);
  }

  void interface() {
    const Graph& g = plan_.graph;
    const char* now = slides() ? "now()" : "kProgram";
    const char* go_on = slides() ? "  go_on();\n" : "";
    if (slides()) add("const {}& program() {{\n  go_on();\n  return now();\n}}\n\n", program_type(plan_));
    else add("const {}& program() {{ return kProgram; }}\n\n", program_type(plan_));
    if (slides()) add("void reset() {{\n  hops = false;\n  cursor = {{0, 0}};\n}}\n\n");
    else add("void start() {{ cursor = {{0, 0}}; }}\n\n");
    add("Rc step() {{\n{}  return walk([](Walk& w) {{ return make_step({}, w); }});\n}}\n\n", go_on, now);
    auto typed = [&](TensorId id, const std::string& where, bool is_const) {
      return fmt::format("static_cast<{}{}*>(static_cast<{}void*>({}))", is_const ? "const " : "",
                         c_type(g.at(id).type), is_const ? "const " : "", where);
    };
    if (plan_.options.feed == Feed::rows) {
      const std::string type = c_type(g.at(g.inputs[0]).type);
      add("Rc put_row(const {}* row) {{\n  return walk([row](Walk& w) {{ return take_row({}, w, kTensors[{}], row); }});\n}}\n\n",
          type, now, number_.at(g.inputs[0]));
      add("Rc push_row(const {}* row) {{\n"
          "{}"
          "  if (const Rc rc = step_until_row(); rc != Rc::wants_row) return rc;\n"
          "  if (const Rc rc = put_row(row); rc != Rc::more) return rc;\n"
          "  return step_until_row();\n}}\n\n",
          type, slides() ? "" : "  if (cursor.entry == kProgram.n_entries) start();\n");
      add("Rc step_until_row() {{\n{}  return walk([](Walk& w) {{ return {}; }});\n}}\n\n", go_on, make_steps(now));
      if (!slides())
        add("Rc infer(const {}* input) {{\n  start();\n  Rc rc = step_until_row();\n"
            "  for (; rc == Rc::wants_row; input += kInputRowValues) rc = push_row(input);\n  return rc;\n}}\n\n",
            type);
    } else {
      add("Rc infer() {{\n  start();\n  return walk([](Walk& w) {{ return {}; }});\n}}\n\n", make_steps("kProgram"));
      for (size_t i = 0; i < g.inputs.size(); ++i)
        add("{}* input{}() {{ return {}; }}\n", c_type(g.at(g.inputs[i]).type), i ? std::to_string(i) : "",
            typed(g.inputs[i], address(g.inputs[i]), false));
      if (g.inputs.size() == 1)
        add("\nRc infer(const {}* from) {{\n  for (int32_t i = 0; i < kInputValues; ++i) input()[i] = from[i];\n  return infer();\n}}\n",
            c_type(g.at(g.inputs[0]).type));
      add("\n");
    }
    for (size_t i = 0; i < g.outputs.size(); ++i)
      add("const {}* output{}() {{ return {}; }}\n", c_type(g.at(g.outputs[i]).type), i ? std::to_string(i) : "",
          typed(g.outputs[i], address(g.outputs[i]), true));
    if (!options_.labels.empty()) {
      add("\nconst char* label(int32_t i) {{\n  static const char* const labels[] = {{\n");
      std::vector<std::string> labels;
      for (const std::string& l : options_.labels) labels.push_back(quoted(l));
      text_ += wrap(labels, "      ");
      add("  }};\n  return i >= 0 && i < {} ? labels[i] : \"?\";\n}}\n", options_.labels.size());
    }
    add("\n}}  // namespace {}\n", options_.name);
  }

  const Plan& plan_;
  const FirmwareOptions& options_;
  TableSet tables_;
  std::map<TensorId, int> number_;
  std::string text_;
};

// The constants that are read as tensors (an operand of ADD, say).
std::vector<TensorId> constant_operands(const Plan& plan) {
  std::vector<TensorId> ids;
  for (TensorId id : used_tensors(plan))
    if (plan.graph.at(id).is_constant()) ids.push_back(id);
  return ids;
}

}  // namespace

std::string c_type(DType type) {
  switch (type) {
    case DType::int8: return "int8_t";
    case DType::int16: return "int16_t";
    case DType::int32: return "int32_t";
    case DType::int64: return "int64_t";
    case DType::uint8: return "uint8_t";
    case DType::boolean: return "bool";
    case DType::float32: return "float";
  }
  return "uint8_t";
}

TableSet collect_tables(const Plan& plan) {
  TableSet set;
  std::map<std::pair<std::string, std::string>, int> known;
  for (size_t c = 0; c < plan.calls.size(); ++c) {
    set.of_call.emplace_back();
    for (const Table& t : plan.calls[c].tables) {
      const auto bytes = t.data.bytes();
      const auto key = std::pair(t.type, std::string(bytes.begin(), bytes.end()));
      const auto [at, fresh] = known.emplace(key, static_cast<int>(set.tables.size()));
      if (fresh) {
        set.tables.push_back(&t);
        set.names.push_back(fmt::format("k{}{}{}", static_cast<char>(std::toupper(t.name[0])), t.name.substr(1), c));
      }
      set.of_call.back().push_back(at->second);
    }
  }
  return set;
}

std::string emit_program(const Plan& plan, const FirmwareOptions& options) {
  return ProgramWriter(plan, options).write();
}

std::string emit_data_header(const Plan& plan, const FirmwareOptions& options) {
  const TableSet set = collect_tables(plan);
  std::string text =
      generated_by(options) + "#pragma once\n#include \"mote/device/fixed.h\"\n\nnamespace " + options.name + " {\n\n";
  for (size_t i = 0; i < set.tables.size(); ++i) {
    const std::string& type = set.tables[i]->type;
    text += fmt::format("extern const {}{} {}[];\n", type == "Requant" ? "mote::" : "", type, set.names[i]);
  }
  for (TensorId id : constant_operands(plan)) text += fmt::format("extern const uint8_t kConstant{}[];\n", id);
  return text + "\n}  // namespace " + options.name + "\n";
}

std::string emit_data(const Plan& plan, const FirmwareOptions& options) {
  const TableSet set = collect_tables(plan);
  std::string text =
      generated_by(options) + fmt::format("#include \"{}_data.h\"\n\nnamespace {} {{\n\n", options.name, options.name);
  for (size_t i = 0; i < set.tables.size(); ++i) {
    const Table& t = *set.tables[i];
    text += fmt::format("alignas(4) const {}{} {}[] = {{\n", t.type == "Requant" ? "mote::" : "", t.type, set.names[i]);
    text += wrap(print_table(t), "    ") + "};\n\n";
  }
  for (TensorId id : constant_operands(plan)) {
    text += fmt::format("// \"{}\" {} {}\nalignas(8) const uint8_t kConstant{}[] = {{\n",
                        one_line(short_name(plan.graph.at(id))), name_of(plan.graph.at(id).type),
                        print(plan.graph.at(id).shape), id);
    text += wrap(numbers(plan.graph.at(id).data.bytes()), "    ") + "};\n\n";
  }
  return text + "}  // namespace " + options.name + "\n";
}

}  // namespace mote
