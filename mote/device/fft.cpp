#include "mote/device/fft.h"

namespace mote {
namespace {

// The first stage, whose only twiddle is 1, of values scaled up first.
void first_stage(int32_t* z, int32_t n, int32_t shift) {
  auto half = [shift](int32_t v) { return static_cast<int32_t>(static_cast<uint32_t>(v) << shift) >> 1; };
  for (const int32_t* end = z + n; z != end; z += 4) {
    const int32_t a_re = half(z[0]), a_im = half(z[1]), b_re = half(z[2]), b_im = half(z[3]);
    z[0] = a_re + b_re, z[1] = a_im + b_im;
    z[2] = a_re - b_re, z[3] = a_im - b_im;
  }
}

MOTE_INLINE void store_power(int32_t* to, int32_t re, int32_t im) {
  const auto power = static_cast<uint64_t>(static_cast<int64_t>(re) * re + static_cast<int64_t>(im) * im);
  to[0] = static_cast<int32_t>(static_cast<uint32_t>(power));
  to[1] = static_cast<int32_t>(static_cast<uint32_t>(power >> 32));
}

}  // namespace

// The transform Z of the pairs holds that of the even values, E = (Z[k] + Z*[m - k]) / 2, and of the odd ones,
// O = (Z[k] - Z*[m - k]) / 2i, and X[k] = E + O w^k, X[m - k] = (E - O w^k)*, m = n / 2.
void power_spectrum(int32_t* z, int32_t n, int32_t shift, const int32_t* twiddles) {
  first_stage(z, n, shift);
  for (int32_t half = 4, step = n / 2; half < n; half *= 2, step /= 2)
    for (int32_t at = 0; at < n; at += 2 * half) ThisArch::butterflies(z + at, z + at + half, twiddles, step);
  const int32_t even = z[0] >> 1, odd = z[1] >> 1;
  int32_t* b = z + n;  // one pair behind the last
  store_power(b, even - odd, 0);
  store_power(z, even + odd, 0);
  int32_t* a = z + 2;
  for (b -= 2; a <= b; a += 2, b -= 2) {
    twiddles += 2;
    const int32_t a_re = a[0] >> 1, a_im = a[1] >> 1, b_re = b[0] >> 1, b_im = b[1] >> 1;
    const int32_t odd_re = a_im + b_im, odd_im = b_re - a_re, re = (a_re + b_re) >> 1, im = (a_im - b_im) >> 1;
    const int32_t w_re = twiddles[0], w_im = twiddles[1];
    const int32_t x_re = ThisArch::subtract_upper(ThisArch::add_upper(re, odd_re, w_re), odd_im, w_im);
    const int32_t x_im = ThisArch::add_upper(ThisArch::add_upper(im, odd_re, w_im), odd_im, w_re);
    store_power(b, 2 * re - x_re, 2 * im - x_im);
    store_power(a, x_re, x_im);
  }
}

}  // namespace mote
