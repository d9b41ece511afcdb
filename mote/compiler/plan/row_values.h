// What each row of a window means, as a number: two rows, of one window or of two, have the same number where the graph
// alone proves them equal. For check_plan.
//
// A row of the input is its place in the stream. Any other row is the call that makes it and the numbers of the rows
// that it is made from, in order, with those outside of the image left out as such.
#pragma once
#include <map>

#include "mote/compiler/plan/plan.h"

namespace mote {

class RowValues {
 public:
  explicit RowValues(const Plan& plan);

  // Numbers the rows of the first window, and with each further call those of the next.
  void number_window();

  int32_t of(TensorId id, int32_t y) const { return now_[row(id, y)]; }
  int32_t before(TensorId id, int32_t y) const { return before_[row(id, y)]; }  // in the window before

  // The row that had a number first.
  struct Name {
    size_t tensor;
    int32_t row;
  };
  Name name_of(int32_t value) const { return names_[static_cast<size_t>(value)]; }

  // Which row of this window has a number, counted through the tensors; -1: none has.
  int32_t row_of(int32_t value) const;

 private:
  size_t row(TensorId id, int32_t y) const { return static_cast<size_t>(index_.at(id, y)); }
  int32_t number_of_input(int32_t y);
  void number_row(size_t call, int32_t x);
  void add_reads(const KernelCall& call, int32_t x, std::vector<int32_t>& key);
  int32_t constant(TensorId id, int32_t y);
  int32_t fresh(TensorId id, int32_t y);

  const Plan& plan_;
  RowIndex index_;
  int32_t window_ = -1;
  std::vector<int32_t> now_, before_;  // by row number
  std::map<int32_t, int32_t> inputs_;  // by place in the stream
  std::map<std::vector<int32_t>, int32_t> known_;
  std::map<std::string, int32_t> constants_;  // by their bytes
  std::map<int32_t, int32_t> rows_;           // of this window, by number
  std::vector<Name> names_;
};

}  // namespace mote
