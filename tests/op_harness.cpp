#include "tests/op_harness.h"

#include <cstring>

#include "mote/compiler/ir/params.h"

namespace mote {
namespace {

constexpr uint8_t kGuard = 0xA5;
constexpr size_t kGuardBytes = 32;

// Bytes with guards on both sides.
class Guarded {
 public:
  explicit Guarded(size_t bytes) : size_(bytes), block_(bytes + 2 * kGuardBytes + 8, kGuard) {}
  uint8_t* data() {  // aligned to 8
    auto at = reinterpret_cast<uintptr_t>(block_.data()) + kGuardBytes;
    return reinterpret_cast<uint8_t*>((at + 7) / 8 * 8);
  }
  bool intact() {
    const uint8_t *begin = data(), *end = begin + size_;
    for (const uint8_t* p = block_.data(); p < block_.data() + block_.size(); ++p)
      if ((p < begin || p >= end) && *p != kGuard) return false;
    return true;
  }

 private:
  size_t size_;
  std::vector<uint8_t> block_;
};

class Runner {
 public:
  Runner(const Graph& graph, const std::vector<Bytes>& inputs, RowForm form, bool rows_per_step)
      : graph_(graph), form_(form), rows_per_step_(rows_per_step), values_(graph.tensors.size()) {
    for (size_t i = 0; i < inputs.size(); ++i) value(graph.inputs[i]) = inputs[i];
    for (size_t i = 0; i < graph.tensors.size(); ++i)
      if (graph.tensors[i].is_constant()) {
        const auto bytes = graph.tensors[i].data.bytes();
        values_[i].assign(bytes.begin(), bytes.end());
      }
    const TensorId out = graph.outputs[0];
    value(out).assign(static_cast<size_t>(byte_count(graph.at(out))), 0);
    made_.assign(static_cast<size_t>(row_count(graph.at(out))), false);
  }

  void run(const KernelCall& call) {
    Guarded carry(static_cast<size_t>(call.carry_bytes));
    const int32_t batch = rows_per_step_ ? call.rows_per_step : 1;
    const int32_t steps = call.steps_per_row > 1 ? call.rows * call.steps_per_row : (call.rows + batch - 1) / batch;
    for (int32_t s = 0; s < steps; ++s) run_step(call, s, batch, carry);
    if (!carry.intact()) complain("carry memory overrun");
  }

  HarnessResult finish() {
    for (size_t y = 0; y < made_.size(); ++y)
      if (!made_[y]) complain("output row " + std::to_string(y) + " is never made");
    return {value(graph_.outputs[0]), complaint_};
  }

 private:
  Bytes& value(TensorId id) { return values_[static_cast<size_t>(id)]; }
  void complain(const std::string& text) {
    if (complaint_.empty()) complaint_ = text;
  }

  void run_step(const KernelCall& call, int32_t s, int32_t batch, Guarded& carry) {
    blocks_.clear();
    in_.clear();
    out_.clear();
    overlap_ = nullptr;
    int32_t row = call.steps_per_row > 1 ? s / call.steps_per_row : s * batch;
    const int32_t rows = call.steps_per_row > 1 ? 1 : std::min(batch, call.rows - row);
    for (const Reads& reads : call.reads) add_inputs(reads, call.fold ? s : row, rows);
    Guarded scratch(static_cast<size_t>(call.scratch_bytes));
    const bool last = !call.fold || (s + 1) % call.steps_per_row == 0;
    const TensorId id = call.writes[0].tensor;
    const auto bytes = static_cast<size_t>(row_bytes(graph_.at(id)));
    std::vector<std::unique_ptr<Guarded>> made;
    for (int32_t r = 0; r < rows; ++r) {
      uint8_t* home = value(id).data() + static_cast<size_t>(call.writes[0].begin + row + r) * bytes;
      if (form_ == RowForm::together) {
        out_.push_back(home);
        continue;
      }
      made.push_back(std::make_unique<Guarded>(bytes));
      uint8_t* to = form_ == RowForm::in_place && overlap_ && rows == 1 ? overlap_ : made.back()->data();
      std::memcpy(to == overlap_ ? made.back()->data() : to, home, bytes);
      out_.push_back(to);
    }
    std::vector<const void*> tables;
    for (const Table& t : call.tables) tables.push_back(t.data.bytes().data());
    const Bytes params = params_of(call);
    KernelArgs args{params.data(),
                    tables.data(),
                    in_.data(),
                    out_.data(),
                    scratch.data(),
                    carry.data(),
                    s,
                    call.steps_per_row > 1 ? s - row * call.steps_per_row : 0,
                    rows};
    call.kernel->run(args);
    for (int32_t r = 0; r < rows; ++r) {
      const auto y = static_cast<size_t>(call.writes[0].begin + row + r);
      if (form_ != RowForm::together && last)
        std::memcpy(value(id).data() + y * bytes, out_[static_cast<size_t>(r)], bytes);
      if (form_ != RowForm::together && !last && !call.fold)
        std::memcpy(value(id).data() + y * bytes, out_[static_cast<size_t>(r)], bytes);
      if (last) made_[y] = true;
    }
    if (!scratch.intact()) complain("scratch memory overrun");
    for (auto& g : made)
      if (!g->intact()) complain("an output row was overrun");
    for (auto& g : blocks_)
      if (!g->intact()) complain("an input row was overrun");
  }

  void add_inputs(const Reads& reads, int32_t x, int32_t rows) {
    const Tensor& t = graph_.at(reads.tensor);
    const auto bytes = static_cast<size_t>(row_bytes(t));
    if (reads.whole) {
      in_.push_back(present(value(reads.tensor).data() + static_cast<size_t>(reads.begin) * bytes,
                            static_cast<size_t>(reads.count) * bytes));
      return;
    }
    const int32_t reach = (reads.span - 1) * reads.dilation + 1;
    const int32_t first = reads.table.empty() ? x * reads.stride + reads.offset : reads.table[static_cast<size_t>(x)];
    for (int32_t i = 0; i < reach + (rows - 1) * reads.stride; ++i) {
      const int32_t y = first + i;
      bool read = false;  // rows between the taps of a dilated window are not
      for (int32_t r = 0; r < rows; ++r) {
        const int32_t tap = i - r * reads.stride;
        read |= tap >= 0 && tap < reach && tap % reads.dilation == 0;
      }
      if (y < 0 || y >= reads.count || !read) {
        in_.push_back(nullptr);
        continue;
      }
      in_.push_back(present(value(reads.tensor).data() + static_cast<size_t>(reads.begin + y) * bytes, bytes));
      if (reads.may_overlap && !overlap_ && bytes >= static_cast<size_t>(row_bytes(graph_.at(graph_.outputs[0]))))
        overlap_ = const_cast<uint8_t*>(in_.back());
    }
  }

  const uint8_t* present(const uint8_t* from, size_t bytes) {
    if (form_ == RowForm::together) return from;
    blocks_.push_back(std::make_unique<Guarded>(bytes));
    std::memcpy(blocks_.back()->data(), from, bytes);
    return blocks_.back()->data();
  }

  const Graph& graph_;
  RowForm form_;
  bool rows_per_step_;
  Values values_;
  std::vector<bool> made_;
  std::string complaint_;
  std::vector<std::unique_ptr<Guarded>> blocks_;
  std::vector<const uint8_t*> in_;
  std::vector<uint8_t*> out_;
  uint8_t* overlap_ = nullptr;
};

}  // namespace

std::vector<Bytes> random_inputs(const Graph& graph, Rng& rng, int kind) {
  std::vector<Bytes> inputs;
  for (TensorId id : graph.inputs) {
    const Tensor& t = graph.at(id);
    Bytes bytes(static_cast<size_t>(byte_count(t)));
    if (t.type == DType::float32) {
      auto values = view_as<float>(bytes);
      for (size_t i = 0; i < values.size(); ++i)
        values[i] = kind == 1 ? -1e30f : kind == 2 ? 1e30f : static_cast<float>((rng.unit() - 0.5) * 100);
    } else if (t.type == DType::int16 && kind == 4) {
      for (int16_t& v : view_as<int16_t>(bytes)) v = static_cast<int16_t>(rng.pick(-2, 2));
    } else {
      for (size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = kind == 1   ? 0x80
                   : kind == 2 ? 0x7F
                   : kind == 3 ? (i % 2 ? 0x80 : 0x7F)
                               : static_cast<uint8_t>(rng.next());
    }
    inputs.push_back(std::move(bytes));
  }
  return inputs;
}

HarnessResult run_calls(const Graph& graph, const std::vector<KernelCall>& calls, const std::vector<Bytes>& inputs,
                        RowForm form, bool rows_per_step) {
  Runner runner(graph, inputs, form, rows_per_step);
  for (const KernelCall& call : calls) runner.run(call);
  return runner.finish();
}

}  // namespace mote
