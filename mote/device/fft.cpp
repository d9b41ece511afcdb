#include "mote/device/fft.h"

namespace mote {
namespace {

struct Complex {
  int32_t re, im;
};

MOTE_INLINE int32_t upper(int32_t a, int32_t b) { return static_cast<int32_t>((static_cast<int64_t>(a) * b) >> 32); }

// b * w / 2.
MOTE_INLINE Complex half_product(Complex b, Complex w) {
  return {upper(b.re, w.re) - upper(b.im, w.im), upper(b.re, w.im) + upper(b.im, w.re)};
}

MOTE_INLINE void butterfly(int32_t* a, int32_t* b, Complex t) {
  const int32_t re = a[0] >> 1, im = a[1] >> 1;
  a[0] = re + t.re, a[1] = im + t.im;
  b[0] = re - t.re, b[1] = im - t.im;
}

// The first stage: its only twiddle is 1.
void first_stage(int32_t* z, int32_t n) {
  for (const int32_t* end = z + n; z != end; z += 4) butterfly(z, z + 2, {z[2] >> 1, z[3] >> 1});
}

// Groups of 2 * `half` values; twiddles lie `step` values apart.
void stage(int32_t* z, int32_t n, int32_t half, const int32_t* twiddles, int32_t step) {
  for (const int32_t* end = z + n; z != end; z += 2 * half) {
    const int32_t* w = twiddles;
    for (int32_t i = 0; i < half; i += 2, w += step) {
      int32_t* b = z + i + half;
      butterfly(z + i, b, half_product({b[0], b[1]}, {w[0], w[1]}));
    }
  }
}

void store_power(int32_t* to, int32_t re, int32_t im) {
  const auto power = static_cast<uint64_t>(static_cast<int64_t>(re) * re + static_cast<int64_t>(im) * im);
  to[0] = static_cast<int32_t>(static_cast<uint32_t>(power));
  to[1] = static_cast<int32_t>(static_cast<uint32_t>(power >> 32));
}

}  // namespace

// The transform Z of the pairs holds that of the even values, E = (Z[k] + Z*[m - k]) / 2, and of the odd ones,
// O = (Z[k] - Z*[m - k]) / 2i, and X[k] = E + O w^k, X[m - k] = (E - O w^k)*, m = n / 2.
void power_spectrum(int32_t* z, int32_t n, const int32_t* twiddles) {
  first_stage(z, n);
  for (int32_t half = 4; half < n; half *= 2) stage(z, n, half, twiddles, 2 * n / half);
  const int32_t re = z[0] >> 1, im = z[1] >> 1;
  int32_t* b = z + n;  // one pair behind the last
  store_power(b, re - im, 0);
  store_power(z, re + im, 0);
  int32_t* a = z + 2;
  for (b -= 2; a <= b; a += 2, b -= 2) {
    const Complex even{(a[0] >> 1) + (b[0] >> 1), (a[1] >> 1) - (b[1] >> 1)};
    const Complex odd{(a[1] >> 1) + (b[1] >> 1), (b[0] >> 1) - (a[0] >> 1)};
    twiddles += 2;
    const Complex t = half_product(odd, {twiddles[0], twiddles[1]});
    const int32_t half_re = even.re >> 1, half_im = even.im >> 1;
    store_power(b, half_re - t.re, half_im - t.im);
    store_power(a, half_re + t.re, half_im + t.im);
  }
}

}  // namespace mote
