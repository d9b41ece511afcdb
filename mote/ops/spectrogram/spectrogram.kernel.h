// A row of a spectrogram: the logarithms of the powers of one frame of samples, bin by bin or summed up in bands.
//
//   v[i]   = window[i] (x[i] - preemphasis x[i - 1])           i < frame, then zeros up to n
//   P[k]   = |sum_i v[i] exp(-2 pi j i k / n)|^2               k = 0 .. n / 2
//   out[b] = max(floor, 512 log2(sum_k weights[b][k] P[k] + added) + offset)
//
// Powers are integers of 64 bits, sums of 96; the logarithm has 9 fractional bits. What a frame holds is scaled up to
// 30 bits first, so that a quiet one loses nothing.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Spectrogram {
  int32_t n;                      // length of the transform, a power of two from 16 to 2048
  int32_t frame;                  // samples of a frame, at most n
  int32_t row;                    // samples in an input row
  int32_t preemphasis;            // 15 fractional bits; not 0: the windows of rows begin one row earlier
  int32_t bands;                  // 0: every bin is an output
  int32_t offset;                 // 16 fractional bits
  int32_t floor;                  // the least output
  int32_t windowed;               // 1: there is a window
  int32_t added, added_exponent;  // what is added to each sum: added * 2^(added_exponent + 2 * shift)
  int32_t most_shift;             // by how much a frame is scaled up at most
};
static_assert(sizeof(Spectrogram) == 11 * 4);

// int16 in, int16 out. Tables: int32_t twiddles[n] and uint16_t log2[65], as in device/fft.h and device/log2.h; for
// each band two uint16_t, its first bin and how many there are; uint16_t weights[], band after band; int32_t
// window[frame / 2 + 1], 31 fractional bits, whose mirror image is the other half. Scratch: n + 2 int32_t.
void spectrogram_s16(const KernelArgs& args);

// A held spectrum: the logarithms of the greatest power of each bin in all frames of a window, axis by axis.
//
//   out[b] = max(floor, 512 log2(max_f P_f[first + b]) + offset),  v[i] = x[f stride + i] - mean, or 0 behind the end
//
// The mean is rounded to 14 fractional bits; all frames of an axis are scaled up alike.
struct HeldSpectrum {
  int32_t n;       // length of the transform and of a frame, a power of two from 16 to 2048
  int32_t stride;  // from frame to frame
  int32_t samples, axes;
  int32_t first, bins;  // of the output; at most n / 2 + 1
  int32_t offset;       // 16 fractional bits
  int32_t floor;        // the least output
};
static_assert(sizeof(HeldSpectrum) == 8 * 4);

// int16 in (whole) and out; part p makes the spectrum of axis p. Tables: twiddles and log2 as above. Scratch: n + 2
// int32_t and bins pairs of them.
void held_spectrum_s16(const KernelArgs& args);

}  // namespace mote
