// Sixteen lanes in plain C++.
#include "mote/host/forms.h"
#include "mote/host/loops.h"

namespace mote {
namespace {

// The sums of low and of high halves stay apart until the end: compilers vectorise widening multiplications, but not
// additions of neighbours.
struct Plain {
  struct Words {
    int16_t v[2 * kHostLanes];
  };
  struct Sums {
    int32_t v[2 * kHostLanes];
  };
  static constexpr int kBlocks = 1;

  static MOTE_INLINE Sums begin(const int32_t* bias) {
    Sums s;
    for (int i = 0; i < kHostLanes; ++i) s.v[2 * i] = bias[i], s.v[2 * i + 1] = 0;
    return s;
  }
  static MOTE_INLINE Words load(const void* p) {
    Words w;
    __builtin_memcpy(w.v, p, sizeof w.v);
    return w;
  }
  static MOTE_INLINE Words pair(const int16_t* p) {
    Words w;
    for (int i = 0; i < kHostLanes; ++i) w.v[2 * i] = p[0], w.v[2 * i + 1] = p[1];
    return w;
  }
  static MOTE_INLINE Words widen(const int8_t* x, int32_t zero) {
    Words w;
    for (int i = 0; i < kHostLanes; ++i) w.v[2 * i] = static_cast<int16_t>(x[i] - zero), w.v[2 * i + 1] = 0;
    return w;
  }
  static MOTE_INLINE Sums add_products(Sums sums, const Words& a, const Words& b) {
    for (int i = 0; i < 2 * kHostLanes; ++i) sums.v[i] = wrapping_add(sums.v[i], a.v[i] * b.v[i]);
    return sums;
  }
  static MOTE_INLINE void finish(const Sums& sums, const LaneQuant& q, const OutputRange& range, int8_t* out) {
    for (int i = 0; i < kHostLanes; ++i) {
      const int32_t sum = wrapping_add(sums.v[2 * i], sums.v[2 * i + 1]);
      const int32_t v = requantize(sum, {q.multiplier[i], q.left[i] - q.right[i]});
      out[i] = static_cast<int8_t>(clamp(v, range.lo - range.zero, range.hi - range.zero) + range.zero);
    }
  }
};

}  // namespace

constinit const VectorForms plain_forms = forms_of<Plain>("plain", [] { return true; });

}  // namespace mote
