// Sums of decision trees: a single tree, a forest, gradient-boosted trees.
//
//   score[o] = base[o] + sum over the trees t of o's group of values[leaf_t(x)][o]
//   out[o]   = clamp(floor(score[o] / 2^shift), lo, hi)        base holds the half step that rounds, and the zero point
//
// leaf_t(x): from the root to the left where x[feature] <= threshold, else to the right.
//
// A node is a word: its feature + 1 (8 bits), how many words after it its children begin (8 bits), and
// -(threshold + 1) (16 bits). The right child lies there, the left one behind it, so that the sign of
// x - threshold - 1 is the step from one to the other, without a branch. Feature 0 marks a leaf, whose other bits are
// its values. Wide nodes are two words: 16 bits for the feature, and 32 of their own for where the children begin.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

struct TreeEnsemble {
  int32_t n;             // features of a vector
  int32_t vectors;       // in a row
  int32_t trees;         // of a group
  int32_t groups;        // group g makes the output g, where there are several
  int32_t pairs;         // of outputs, in a row of values
  int32_t outputs;       // of a vector
  int32_t output_bytes;  // 1, 2 or 4
  int32_t shift, lo, hi;
};
static_assert(sizeof(TreeEnsemble) == 10 * 4);

// Tables: uint32_t nodes[], uint32_t roots[groups][trees] (their places among the nodes; none is a leaf, and there is
// at least one), int32_t base[outputs].

// A leaf holds one value of 16 bits.
void tree_sums_s8(const KernelArgs& args);
void tree_sums_s16(const KernelArgs& args);
void tree_sums_wide_s8(const KernelArgs& args);
void tree_sums_wide_s16(const KernelArgs& args);

// One group, of at most 256 trees, and scores that are outputs of int16 as they are. A leaf holds the values of up to
// three outputs, 8 bits each, output 0 lowest; their sums fit halfwords, so that one addition is for two of them.
void tree_bytes_s8(const KernelArgs& args);
void tree_bytes_s16(const KernelArgs& args);

// One group; a leaf holds 16 bits, the number of its row of a fourth table, uint32_t values[][pairs]: output 2j plus
// 2^16 times output 2j + 1, both signed. Their sums over the trees fit 16 bits, so that a pair costs one addition.
// Scratch: pairs words.
void tree_rows_s8(const KernelArgs& args);
void tree_rows_s16(const KernelArgs& args);
void tree_rows_wide_s8(const KernelArgs& args);
void tree_rows_wide_s16(const KernelArgs& args);

}  // namespace mote
