#include "mote/ops/tree_ensemble/tree_ensemble.kernel.h"

#include "mote/device/arch/this_arch.h"
#include "mote/device/wide.h"

namespace mote {
namespace {

MOTE_INLINE uint32_t sign_of(int32_t v) { return static_cast<uint32_t>(v) >> 31; }

// Both walk from a root to a leaf, whose word they return. x1 is one value before the vector.
struct Narrow {
  template <class X>
  static MOTE_INLINE uint32_t leaf(const uint32_t* nodes, uint32_t at, const X* x1) {
    uint32_t node = nodes[at], feature = node >> 24;
    do {
      at = ThisArch::add_byte2(at, node);
      at += sign_of(x1[feature] + static_cast<int16_t>(node));
      node = nodes[at], feature = node >> 24;
    } while (feature);
    return node;
  }
};

struct Wide {
  template <class X>
  static MOTE_INLINE uint32_t leaf(const uint32_t* nodes, uint32_t at, const X* x1) {
    uint32_t node = nodes[at], feature = node >> 16;
    do {
      at += nodes[at + 1];
      at += 2 * sign_of(x1[feature] + static_cast<int16_t>(node));
      node = nodes[at], feature = node >> 16;
    } while (feature);
    return node;
  }
};

MOTE_INLINE void finish(const TreeEnsemble& p, int32_t o, int32_t score, uint8_t* out) {
  store_value(out, o, p.output_bytes, clamp(score >> p.shift, p.lo, p.hi));
}

// make(x1, out) for each vector of the row.
template <class X, class F>
MOTE_INLINE void for_each_vector(const KernelArgs& args, F make) {
  const TreeEnsemble& p = params_of<TreeEnsemble>(args);
  const X* x1 = in_row<X>(args, 0) - 1;
  uint8_t* out = args.out[0];
  int32_t i = p.vectors;
  do {
    make(x1, out);
    x1 += p.n, out += p.outputs * p.output_bytes;
  } while (--i);
}

template <class Form, class X>
MOTE_INLINE void tree_sums(const KernelArgs& args) {
  const TreeEnsemble& p = params_of<TreeEnsemble>(args);
  const uint32_t* nodes = data_of<uint32_t>(args, 0);
  for_each_vector<X>(args, [&](const X* x1, uint8_t* out) {
    const uint32_t* root = data_of<uint32_t>(args, 1);
    for (int32_t g = 0; g < p.groups; ++g) {
      int32_t sum = data_of<int32_t>(args, 2)[g];
      for (const uint32_t* end = root + p.trees; root != end; ++root)
        sum += static_cast<int16_t>(Form::leaf(nodes, *root, x1));
      finish(p, g, sum, out);
    }
  });
}

template <class X>
MOTE_INLINE void tree_bytes(const KernelArgs& args) {
  const TreeEnsemble& p = params_of<TreeEnsemble>(args);
  const uint32_t* nodes = data_of<uint32_t>(args, 0);
  for_each_vector<X>(args, [&](const X* x1, uint8_t* row) {
    const uint32_t* root = data_of<uint32_t>(args, 1);
    uint32_t even = 0, odd = 0;  // the sums of outputs 0 and 2, and of output 1
    int32_t trees = p.trees;
    do {
      const uint32_t leaf = Narrow::leaf(nodes, *root++, x1);
      even = ThisArch::even_plus(even, leaf), odd = ThisArch::odd_plus(odd, leaf);
    } while (--trees);
    const int32_t* base = data_of<int32_t>(args, 2);
    auto* out = static_cast<int16_t*>(static_cast<void*>(row));
    out[0] = static_cast<int16_t>(base[0] + static_cast<int16_t>(even));
    if (p.outputs > 1) out[1] = static_cast<int16_t>(base[1] + static_cast<int16_t>(odd));
    if (p.outputs > 2) out[2] = static_cast<int16_t>(base[2] + (static_cast<int32_t>(even) >> 16));
  });
}

// Adds the rows of values of all trees to sums[pairs]; `known_pairs` pairs, or 0: p.pairs.
template <class Form, int32_t known_pairs, class X>
MOTE_INLINE void add_rows(const KernelArgs& args, const X* x1, uint32_t* sums) {
  const TreeEnsemble& p = params_of<TreeEnsemble>(args);
  const uint32_t *nodes = data_of<uint32_t>(args, 0), *values = data_of<uint32_t>(args, 3);
  const int32_t pairs = known_pairs ? known_pairs : p.pairs;
  uint32_t kept[known_pairs ? known_pairs : 1] = {};
  uint32_t* to = known_pairs ? kept : sums;
  for (int32_t j = 0; j < pairs; ++j) to[j] = 0;
  const uint32_t* root = data_of<uint32_t>(args, 1);
  for (const uint32_t* end = root + p.trees; root != end; ++root) {
    const uint32_t* row = values + static_cast<uint16_t>(Form::leaf(nodes, *root, x1)) * static_cast<uint32_t>(pairs);
    for (int32_t j = 0; j < pairs; ++j) to[j] += row[j];
  }
  for (int32_t j = 0; j < known_pairs; ++j) sums[j] = kept[j];
}

template <class Form, class X>
MOTE_INLINE void tree_rows(const KernelArgs& args) {
  const TreeEnsemble& p = params_of<TreeEnsemble>(args);
  auto* sums = static_cast<uint32_t*>(static_cast<void*>(args.scratch));
  for_each_vector<X>(args, [&](const X* x1, uint8_t* out) {
    if (p.pairs == 2) add_rows<Form, 2>(args, x1, sums);
    else add_rows<Form, 0>(args, x1, sums);
    for (int32_t o = 0; o < p.outputs; ++o) {
      const uint32_t pair = sums[o >> 1];
      const int32_t low = static_cast<int16_t>(pair);  // a negative one has borrowed from the upper half
      const int32_t sum = o & 1 ? static_cast<int32_t>(pair - static_cast<uint32_t>(low)) >> 16 : low;
      finish(p, o, data_of<int32_t>(args, 2)[o] + sum, out);
    }
  });
}

}  // namespace

void tree_sums_s8(const KernelArgs& args) { tree_sums<Narrow, int8_t>(args); }
void tree_sums_s16(const KernelArgs& args) { tree_sums<Narrow, int16_t>(args); }
void tree_sums_wide_s8(const KernelArgs& args) { tree_sums<Wide, int8_t>(args); }
void tree_sums_wide_s16(const KernelArgs& args) { tree_sums<Wide, int16_t>(args); }
void tree_bytes_s8(const KernelArgs& args) { tree_bytes<int8_t>(args); }
void tree_bytes_s16(const KernelArgs& args) { tree_bytes<int16_t>(args); }
void tree_rows_s8(const KernelArgs& args) { tree_rows<Narrow, int8_t>(args); }
void tree_rows_s16(const KernelArgs& args) { tree_rows<Narrow, int16_t>(args); }
void tree_rows_wide_s8(const KernelArgs& args) { tree_rows<Wide, int8_t>(args); }
void tree_rows_wide_s16(const KernelArgs& args) { tree_rows<Wide, int16_t>(args); }

}  // namespace mote
