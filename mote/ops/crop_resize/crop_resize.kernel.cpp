#include "mote/ops/crop_resize/crop_resize.kernel.h"

#include "mote/device/copy.h"

namespace mote {
namespace {

constexpr int32_t kOne = 2048;

struct Nearest {
  const uint8_t* row;

  MOTE_INLINE uint8_t* make_pixel(uint8_t* out, int32_t offset, int32_t, int32_t channels) const {
    const uint8_t* in = row + offset;
    for (int32_t c = 0; c < channels; ++c) *out++ = in[c];
    return out;
  }
};

struct Bilinear {
  const uint8_t *upper, *lower;
  int32_t weight;
  const uint16_t* weights;

  // Between two neighbours in a row.
  static MOTE_INLINE int32_t between(int32_t left, int32_t right, int32_t weight) {
    return kOne * left + weight * (right - left);
  }

  MOTE_INLINE uint8_t* make_pixel(uint8_t* out, int32_t offset, int32_t x, int32_t channels) const {
    const uint8_t *a = upper + offset, *d = lower + offset;
    const int32_t h = weights[x];
    for (const uint8_t* end = a + channels; a != end; ++a, ++d) {
      const int32_t above = between(a[0], a[channels], h), below = between(d[0], d[channels], h);
      *out++ = static_cast<uint8_t>((kOne * above + weight * (below - above) + (1 << 21)) >> 22);
    }
    return out;
  }
};

template <class Filter>
void make_row(const KernelArgs& args, const Filter& filter) {
  const CropResize& p = params_of<CropResize>(args);
  const uint16_t* columns = data_of<uint16_t>(args, 0);
  uint8_t* out = args.out[0];
  if (!args.in[0]) {
    fill_bytes(out, 0, (p.left + p.columns + p.right) * p.channels);
    return;
  }
  out = fill_bytes(out, 0, p.left * p.channels);
  for (int32_t x = 0; x < p.columns; ++x) out = filter.make_pixel(out, columns[x], x, p.channels);
  fill_bytes(out, 0, p.right * p.channels);
}

}  // namespace

void crop_resize_nearest_u8(const KernelArgs& args) { make_row(args, Nearest{args.in[0]}); }

void crop_resize_bilinear_u8(const KernelArgs& args) {
  make_row(args, Bilinear{args.in[0], args.in[1], *in_row<int16_t>(args, 2), data_of<uint16_t>(args, 1)});
}

}  // namespace mote
