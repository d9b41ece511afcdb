// Fingerprints that stay nearly the same when a recording is made louder, shifted, cut or slightly noisy, or a picture
// is scaled or stored again, and how many of their bits differ between two.
//
// Recordings, after Haitsma and Kalker ("A Highly Robust Audio Fingerprinting System", ISMIR 2002): the power spectrum
// of overlapping frames in 17 bands; bit b of a frame is the sign of
//   (E[n][b] - E[n][b+1]) - (E[n-1][b] - E[n-1][b+1]).
// Frames are 64 ms for sound (2 kHz and more), 64 values for slower signals; a quarter of a frame apart.
// Pictures: whether the brightness rises from a cell of an 8 x 8 grid to its right and to its lower neighbour, 128
// bits.
#pragma once
#include <array>
#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "mote/data/image.h"

namespace mote {

// Takes frames of values one after another; holds one window of them.
class Fingerprinter {
 public:
  Fingerprinter(double rate_hz, size_t axes);
  void add(std::span<const float> values);
  // 16 bits a frame; kSilence where nothing changes, so that there is nothing to compare. Long recordings: the first
  // kMaxFrames only.
  const std::vector<uint16_t>& frames() const { return frames_; }

  static constexpr uint16_t kSilence = 0;
  static constexpr size_t kMaxFrames = 1 << 16;

 private:
  void finish_window();

  size_t axes_, length_, hop_, filled_ = 0;
  std::vector<float> window_;  // length_ frames of all axes
  std::vector<double> hann_;
  std::vector<std::complex<double>> spectrum_;
  std::vector<size_t> edges_;  // first bin of each band, and the end of the last
  std::vector<double> before_;
  std::vector<uint16_t> frames_;
};

// The least share of bits that differ where the shorter fingerprint lies along the longer one, with half of it at least
// overlapping; 1 where fewer than kMinFrames can be compared. Unrelated recordings lie near 0.5.
constexpr size_t kMinFrames = 16;
double distance(std::span<const uint16_t> a, std::span<const uint16_t> b);

// Pairs of fingerprints that are nearer than `limit`. Candidates share runs of bits exactly, so that the time grows
// with the number of fingerprints and not with its square.
struct Pair {
  size_t a = 0, b = 0;
  double distance = 0;
};
std::vector<Pair> near_pairs(const std::vector<std::vector<uint16_t>>& all, double limit);

using ImageHash = std::array<uint64_t, 2>;
ImageHash image_hash(const Image& image);
int differing_bits(const ImageHash& a, const ImageHash& b);

}  // namespace mote
