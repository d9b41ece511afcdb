#include "mote/compiler/plan/run.h"

#include <algorithm>

#include "mote/compiler/ir/params.h"

namespace mote {
namespace {

// Step t goes on where the step before it ended.
bool follows(const std::vector<PlanStep>& schedule, size_t t) {
  return schedule[t].call == schedule[t - 1].call && schedule[t].step == schedule[t - 1].step + 1;
}

// Row y of an input that lies at `from` as a whole.
void copy_row(const Rows& rows, int32_t y, const uint8_t* from) {
  std::memcpy(row_address(rows, y), from + static_cast<size_t>(y) * rows.row_bytes, rows.row_bytes);
}

}  // namespace

std::vector<WideEntry> make_entries(const std::vector<PlanStep>& schedule) {
  std::vector<WideEntry> entries;
  for (size_t t = 0; t < schedule.size();) {
    const PlanStep s = schedule[t];
    uint32_t count = 1;
    while (s.call != kTake && t + count < schedule.size() && count < kMaxCount && follows(schedule, t + count)) ++count;
    const uint32_t call = s.call == kTake ? kWideTakeInput : static_cast<uint32_t>(s.call);
    entries.push_back(make_wide_entry(call, static_cast<uint32_t>(s.step), count));
    t += count;
  }
  return entries;
}

PointerCounts count_pointers(const Plan& plan) {
  PointerCounts most;
  for (const KernelCall& call : plan.calls) {
    most.in = std::max(most.in, count_row_pointers(call));
    most.out = std::max(most.out, static_cast<int32_t>(call.writes.size()) * call.rows_per_step);
  }
  return most;
}

struct PlanRunner::Tables {
  std::vector<uint64_t> arena;  // aligned to 8
  std::vector<Rows> rows;
  std::vector<std::vector<uint32_t>> offsets;
  std::vector<Bytes> params;
  std::vector<std::vector<const void*>> data;
  std::vector<std::vector<Input>> in;
  std::vector<std::vector<Output>> out;
  std::vector<Call> calls;
  std::vector<const uint8_t*> in_pointers;
  std::vector<uint8_t*> out_pointers;

  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(arena.data()); }
};

PlanRunner::PlanRunner(const Plan& plan) : plan_(plan), tables_(std::make_unique<Tables>()) {
  Tables& t = *tables_;
  t.arena.assign(static_cast<size_t>(plan.arena_bytes) / 8 + 1, 0);
  for (size_t i = 0; i < plan.graph.tensors.size(); ++i) {
    const Tensor& tensor = plan.graph.tensors[i];
    const Place& place = plan.places[i];
    t.offsets.emplace_back(place.rows.begin(), place.rows.end());
    t.rows.push_back({tensor.is_constant() ? tensor.data.bytes().data() : t.bytes(),
                      place.rows.empty() ? nullptr : t.offsets.back().data(), static_cast<uint32_t>(row_bytes(tensor)),
                      1});
  }
  for (size_t c = 0; c < plan.calls.size(); ++c) {
    const KernelCall& call = plan.calls[c];
    std::vector<const void*> data;
    for (const Table& table : call.tables) data.push_back(table.data.bytes().data());
    t.data.push_back(std::move(data));
    t.params.push_back(params_of(call));
    std::vector<Input> in;
    for (const Reads& r : call.reads)
      in.push_back({&t.rows[static_cast<size_t>(r.tensor)], r.table.empty() ? nullptr : r.table.data(),
                    static_cast<uint16_t>(r.begin), static_cast<uint16_t>(r.begin + r.count),
                    static_cast<int16_t>(r.stride), static_cast<int16_t>(r.offset),
                    static_cast<uint16_t>(r.whole ? 0 : (r.span - 1) * r.dilation + 1)});
    t.in.push_back(std::move(in));
    std::vector<Output> out;
    for (const Writes& w : call.writes)
      out.push_back({&t.rows[static_cast<size_t>(w.tensor)], static_cast<uint16_t>(w.begin)});
    t.out.push_back(std::move(out));
  }
  for (size_t c = 0; c < plan.calls.size(); ++c) {
    const KernelCall& call = plan.calls[c];
    auto at = [&](int64_t offset) { return offset < 0 ? nullptr : t.bytes() + offset; };
    t.calls.push_back({call.kernel->run, t.params[c].data(), t.data[c].data(), t.in[c].data(), t.out[c].data(),
                       at(plan.scratch[c]), at(plan.carry[c]), static_cast<uint16_t>(call.rows),
                       static_cast<uint16_t>(call.rows_per_step), static_cast<uint16_t>(call.steps_per_row),
                       static_cast<uint16_t>(call.op), static_cast<uint8_t>(t.in[c].size()),
                       static_cast<uint8_t>(t.out[c].size()), static_cast<uint8_t>(call.fold)});
  }
  const PointerCounts pointers = count_pointers(plan);
  t.in_pointers.resize(static_cast<size_t>(pointers.in));
  t.out_pointers.resize(static_cast<size_t>(pointers.out));
}

PlanRunner::~PlanRunner() = default;

std::span<const uint8_t> PlanRunner::arena() const {
  return {tables_->bytes(), static_cast<size_t>(plan_.arena_bytes)};
}

std::vector<Bytes> PlanRunner::run(const std::vector<Bytes>& inputs, const Observer& observer) {
  Tables& t = *tables_;
  std::fill(t.arena.begin(), t.arena.end(), 0xA5A5A5A5A5A5A5A5u);  // nothing may depend on what was there
  if (plan_.options.feed == Feed::whole)
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorId id = plan_.graph.inputs[i];
      if (plan_.places[static_cast<size_t>(id)].rows.empty()) continue;
      for (int32_t y = 0; y < row_count(plan_.graph.at(id)); ++y)
        copy_row(t.rows[static_cast<size_t>(id)], y, inputs[i].data());
    }
  walk(plan_.schedule, inputs[0].data(), observer);
  return outputs();
}

std::vector<Bytes> PlanRunner::run_hop(std::span<const uint8_t> rows, const Observer& observer) {
  // Rows are numbered within the window, whose last rows these are.
  const Tensor& input = plan_.graph.at(plan_.graph.inputs[0]);
  Bytes window(static_cast<size_t>(byte_count(input)));
  std::copy(rows.begin(), rows.end(), window.end() - static_cast<std::ptrdiff_t>(rows.size()));
  walk(plan_.hop_schedule, window.data(), observer);
  return outputs();
}

void PlanRunner::walk(const std::vector<PlanStep>& schedule, const uint8_t* input, const Observer& observer) {
  Tables& t = *tables_;
  for (const PlanStep s : schedule) {
    if (s.call == kTake) copy_row(t.rows[static_cast<size_t>(plan_.graph.inputs[0])], s.step, input);
    else run_steps(t.calls[static_cast<size_t>(s.call)], s.step, 1, t.in_pointers.data(), t.out_pointers.data());
    if (observer) observer(s);
  }
}

std::vector<Bytes> PlanRunner::outputs() const {
  std::vector<Bytes> outputs;
  for (TensorId id : plan_.graph.outputs) {
    const Place& place = plan_.places[static_cast<size_t>(id)];
    const uint8_t* from = tables_->bytes() + place.rows[0];
    outputs.emplace_back(from, from + byte_count(plan_.graph.at(id)));
  }
  return outputs;
}

}  // namespace mote
