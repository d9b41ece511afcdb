#include "mote/compiler/plan/row_values.h"

namespace mote {

RowValues::RowValues(const Plan& plan) : plan_(plan), index_(plan.graph), now_(index_.tensor.size(), -1) {}

int32_t RowValues::fresh(TensorId id, int32_t y) {
  names_.push_back({static_cast<size_t>(id), y});
  return static_cast<int32_t>(names_.size()) - 1;
}

// A window that does not slide stands alone: its rows are all different.
void RowValues::number_window() {
  ++window_;
  before_ = now_;
  rows_.clear();
  if (plan_.stream.hop == 0) {
    for (size_t r = 0; r < now_.size(); ++r)
      now_[r] = fresh(index_.tensor[r], static_cast<int32_t>(r) - index_.at(index_.tensor[r], 0));
    return;
  }
  for (int32_t y = 0; y < row_count(plan_.graph.at(plan_.graph.inputs[0])); ++y)
    now_[row(plan_.graph.inputs[0], y)] = number_of_input(y);
  for (size_t c = 0; c < static_cast<size_t>(plan_.stream.op_calls); ++c)
    for (int32_t x = 0; x < plan_.calls[c].rows; ++x) number_row(c, x);
  for (size_t r = 0; r < now_.size(); ++r) rows_.emplace(now_[r], static_cast<int32_t>(r));
}

int32_t RowValues::row_of(int32_t value) const {
  const auto at = rows_.find(value);
  return at == rows_.end() ? -1 : at->second;
}

int32_t RowValues::number_of_input(int32_t y) {
  const auto [at, is_new] = inputs_.emplace(window_ * plan_.stream.hop + y, 0);
  if (is_new) at->second = fresh(plan_.graph.inputs[0], y);
  return at->second;
}

void RowValues::number_row(size_t c, int32_t x) {
  const KernelCall& call = plan_.calls[c];
  for (size_t w = 0; w < call.writes.size(); ++w) {
    std::vector<int32_t> key{static_cast<int32_t>(c), static_cast<int32_t>(w)};
    add_reads(call, x, key);
    const auto [at, is_new] = known_.emplace(std::move(key), 0);
    const TensorId id = call.writes[w].tensor;
    const int32_t y = call.writes[w].begin + x;
    if (is_new) at->second = fresh(id, y);
    now_[row(id, y)] = at->second;
  }
}

// The numbers of all rows that row x is made from. What is read whole may be read differently for each row, and so may
// what is carried from row to row.
void RowValues::add_reads(const KernelCall& call, int32_t x, std::vector<int32_t>& key) {
  constexpr int32_t kOutside = -1;
  bool by_number = call.carry_bytes > 0 && !call.fold;
  const int32_t parts = call.fold ? call.steps_per_row : 1;
  for (const Reads& r : call.reads) {
    const bool is_constant = plan_.graph.at(r.tensor).is_constant();
    auto add = [&](int32_t y) {
      const bool inside = y >= 0 && y < r.count;
      key.push_back(!inside ? kOutside : is_constant ? constant(r.tensor, r.begin + y) : of(r.tensor, r.begin + y));
    };
    if (r.whole) {
      by_number |= r.count > 1 || !is_constant;
      for (int32_t y = 0; y < r.count; ++y) add(y);
      continue;
    }
    for (int32_t step = x * parts; step < (x + 1) * parts; ++step)
      for (int32_t i = 0; i < r.span; ++i)
        add((r.table.empty() ? step * r.stride + r.offset : r.table[static_cast<size_t>(step)]) + i * r.dilation);
  }
  if (by_number) key.push_back(x);
}

int32_t RowValues::constant(TensorId id, int32_t y) {
  const Tensor& t = plan_.graph.at(id);
  const auto bytes = t.data.bytes().subspan(static_cast<size_t>(y * row_bytes(t)), static_cast<size_t>(row_bytes(t)));
  return constants_.emplace(std::string(bytes.begin(), bytes.end()), static_cast<int32_t>(constants_.size()))
      .first->second;
}

}  // namespace mote
