// What ops share when they are turned into kernel calls and when they check their operands.
#pragma once
#include <string>
#include <vector>

#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/ir/quantize.h"
#include "mote/device/nest.h"

namespace mote {

// Refuses operands that are absent, of another type, or (int8) not quantised per tensor; names them by `what`.
Status require_int8(const Tensor* tensor, const std::string& what);
Status require_type(const Tensor* tensor, DType type, const std::string& what);
Status require_rank(const Tensor& tensor, size_t rank, const std::string& what);
// Refuses two operands whose scale or zero point differ, where the op moves bytes without rescaling them.
Status require_same_quant(const Tensor& a, const Tensor& b, const std::string& what);

// Refuses an output of another type or (where both are quantised) another quantisation than the input's: for ops that
// move elements.
Status require_moved(const Tensor* in, const Tensor& out, const std::string& what);

// The values of a constant int32 or int64 operand: axes, paddings, a shape. At most 64 of them.
Expected<std::vector<int32_t>> integer_values(const Tensor* tensor, const std::string& what);
// An axis from -rank to rank - 1 as one from 0 on.
Expected<int32_t> axis_index(int32_t axis, size_t rank);

// Weights of a convolution or dense layer: constant int8, scales along `axis` or one, zero points 0 (or per tensor
// where `zero_point` allows one); bias: absent or constant int32 of `channels` values.
Status require_weights(const Tensor* weights, int32_t axis, bool zero_point);
Status require_bias(const Tensor* bias, int64_t channels);

// The bias as a table; zeros where it is absent.
std::vector<int32_t> bias_values(const Tensor* bias, int64_t channels);

Table make_table(std::string name, const std::vector<int8_t>& values, Table::Role role = Table::weights);
Table make_table(std::string name, const std::vector<int32_t>& values, Table::Role role = Table::weights);
Table make_table(std::string name, const std::vector<uint16_t>& values, Table::Role role = Table::multipliers);
Table make_table(std::string name, const std::vector<Requant>& values, Table::Role role = Table::multipliers);
Table make_table(std::string name, const char* type, Blob data, Table::Role role);

// Refuses factors of 2^30 and more between accumulator and output: their left shift would lose every bit.
Status require_factor(double factor);
Status require_channel_factors(const Tensor& in, const Tensor& weights, const Tensor& out);

// The multipliers of a convolution: scale_in * scale_weights[c] / scale_out, in double precision throughout.
std::vector<Requant> channel_requant(const Tensor& in, const Tensor& weights, const Tensor& out, int64_t channels);

// How far one step along each dimension moves, in elements.
std::vector<int32_t> steps_of(const Shape& shape);
// Where row r of a tensor begins in an array, when one step along its dimension i moves `steps[i]` in that array.
RowSplit split_rows(const Shape& shape, const std::vector<int32_t>& steps);
// The dimensions of `shape` that lie within a row begin here.
size_t first_inner_dimension(const Shape& shape);
// The same nest with as few loops as possible, at least one.
std::vector<Loop> join_loops(const std::vector<Loop>& loops);
Table make_table(std::string name, const std::vector<Loop>& loops);

// The call that stands for a fold in a window further on (see OpDef::slide): its steps read the first `rows` rows of
// the window before, then the last `rows` of this one.
KernelCall slide_rows(const KernelCall& fold, int32_t rows);

// Makes `range` no wider than `clamp`; false where they do not meet.
bool narrow_clamp(Clamp& range, Clamp clamp);

// True where the cheap requantisation is exact for every accumulator that these weights can reach: every shift is at
// least one to the right and |bias| + reach * sum |w| < 2^30, reach being the largest |x - zero point|. `taps` weights
// belong to each channel, one after another; channel c's weights start at c * step, its taps `tap_step` apart.
bool is_narrow(std::span<const int8_t> weights, int64_t taps, int64_t step, int64_t tap_step,
               const std::vector<int32_t>& bias, const std::vector<Requant>& requant, int32_t in_zero);

// How cheaply sums can be requantised (Finish::narrow): 0 requantize; 1 is_narrow; 2 that, and no sum's size reaches
// kShortSum for any input.
int32_t narrowness(std::span<const int8_t> weights, int64_t taps, int64_t step, int64_t tap_step,
                   const std::vector<int32_t>& bias, const std::vector<Requant>& requant, int32_t in_zero);

}  // namespace mote
