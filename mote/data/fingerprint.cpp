#include "mote/data/fingerprint.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numbers>

namespace mote {
namespace {

constexpr size_t kBands = 17;
constexpr double kSoundHz = 2000, kFrameSeconds = 0.064;
constexpr size_t kSlowLength = 64;
constexpr double kLowestHz = 300, kHighestHz = 4000;  // of sound: what telephones keep, and codecs too
// Words of bits that more than this many recordings share tell nothing.
constexpr size_t kCommon = 64;

using Complex = std::complex<double>;

// Radix-2 decimation in time; the length is a power of two.
void fft(std::vector<Complex>& x) {
  const size_t n = x.size();
  for (size_t i = 1, j = 0; i < n; ++i) {
    size_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
  for (size_t half = 1; half < n; half *= 2) {
    const Complex step = std::polar(1.0, -std::numbers::pi / static_cast<double>(half));
    Complex w = 1;
    for (size_t k = 0; k < half; ++k, w *= step)
      for (size_t i = k; i < n; i += 2 * half) {
        const Complex odd = x[i + half] * w;
        x[i + half] = x[i] - odd;
        x[i] += odd;
      }
  }
}

size_t window_length(double rate_hz) {
  return rate_hz < kSoundHz ? kSlowLength
                            : std::bit_floor(static_cast<size_t>(std::min(rate_hz, 1e6) * kFrameSeconds * 1.5));
}

// Bands of equal width in log frequency for sound, in frequency else; each has a bin at least.
std::vector<size_t> band_edges(double rate_hz, size_t length) {
  std::vector<size_t> edges;
  const double bin_hz = rate_hz / static_cast<double>(length), half = static_cast<double>(length) / 2;
  const bool sound = rate_hz >= kSoundHz;
  const double low = sound ? kLowestHz / bin_hz : 1, high = sound ? std::min(kHighestHz / bin_hz, half) : half;
  for (size_t i = 0; i <= kBands; ++i) {
    const double part = static_cast<double>(i) / kBands;
    auto edge = static_cast<size_t>(std::lround(sound ? low * std::pow(high / low, part) : low + (high - low) * part));
    if (i > 0) edge = std::max(edge, edges.back() + 1);
    edges.push_back(edge);
  }
  return edges;
}

}  // namespace

Fingerprinter::Fingerprinter(double rate_hz, size_t axes)
    : axes_(axes),
      length_(window_length(rate_hz)),
      hop_(length_ / 4),
      window_(length_ * axes),
      spectrum_(length_),
      edges_(band_edges(rate_hz, length_)) {
  for (size_t i = 0; i < length_; ++i)
    hann_.push_back(0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(length_)));
}

void Fingerprinter::add(std::span<const float> values) {
  while (!values.empty() && frames_.size() < kMaxFrames) {
    const size_t take = std::min(values.size(), window_.size() - filled_);
    std::copy_n(values.begin(), take, window_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += take;
    values = values.subspan(take);
    if (filled_ < window_.size()) return;
    finish_window();
    std::copy(window_.begin() + static_cast<std::ptrdiff_t>(hop_ * axes_), window_.end(), window_.begin());
    filled_ -= hop_ * axes_;
  }
}

void Fingerprinter::finish_window() {
  std::vector<double> energy(kBands, 0);
  double total = 0;
  for (size_t a = 0; a < axes_; ++a) {
    double mean = 0;
    for (size_t i = 0; i < length_; ++i) mean += window_[i * axes_ + a] / static_cast<double>(length_);
    for (size_t i = 0; i < length_; ++i) {
      const double v = (window_[i * axes_ + a] - mean) * hann_[i];
      spectrum_[i] = std::isfinite(v) ? v : 0;
    }
    fft(spectrum_);
    for (size_t b = 0; b < kBands; ++b)
      for (size_t k = edges_[b]; k < std::min(edges_[b + 1], length_ / 2 + 1); ++k)
        energy[b] += std::norm(spectrum_[k]);
  }
  for (double e : energy) total += e;
  uint16_t bits = 0;
  for (size_t b = 0; b + 1 < kBands && !before_.empty(); ++b)
    if ((energy[b] - energy[b + 1]) - (before_[b] - before_[b + 1]) > 0) bits |= static_cast<uint16_t>(1u << b);
  if (!before_.empty()) frames_.push_back(total > 0 ? bits : kSilence);
  before_ = std::move(energy);
}

namespace {

constexpr uint16_t kSilence = Fingerprinter::kSilence;

// Of frame i of `a` on frame i + shift of `b`.
double distance_at(std::span<const uint16_t> a, std::span<const uint16_t> b, std::ptrdiff_t shift) {
  const auto na = static_cast<std::ptrdiff_t>(a.size()), nb = static_cast<std::ptrdiff_t>(b.size());
  size_t compared = 0, differ = 0;
  for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(0, -shift); i < std::min(na, nb - shift); ++i) {
    const uint16_t x = a[static_cast<size_t>(i)], y = b[static_cast<size_t>(i + shift)];
    if (x == kSilence && y == kSilence) continue;
    ++compared;
    differ += static_cast<size_t>(std::popcount(static_cast<unsigned>(x ^ y)));
  }
  const size_t enough = std::max(kMinFrames, std::min(a.size(), b.size()) / 2);
  return compared < enough ? 1 : static_cast<double>(differ) / (16.0 * static_cast<double>(compared));
}

struct Word {
  uint32_t bits, owner, at;
};

// Every two frames side by side: 32 bits, of which near copies share some exactly.
std::vector<Word> words_of(const std::vector<std::vector<uint16_t>>& all) {
  std::vector<Word> words;
  for (size_t owner = 0; owner < all.size(); ++owner)
    for (size_t i = 0; i + 1 < all[owner].size(); ++i) {
      const auto& f = all[owner];
      if (f[i] == kSilence || f[i + 1] == kSilence) continue;
      words.push_back({uint32_t{f[i]} << 16 | f[i + 1], static_cast<uint32_t>(owner), static_cast<uint32_t>(i)});
    }
  std::sort(words.begin(), words.end(),
            [](const Word& a, const Word& b) { return a.bits != b.bits ? a.bits < b.bits : a.owner < b.owner; });
  return words;
}

}  // namespace

double distance(std::span<const uint16_t> a, std::span<const uint16_t> b) {
  double least = 1;
  const auto na = static_cast<std::ptrdiff_t>(a.size()), nb = static_cast<std::ptrdiff_t>(b.size());
  for (std::ptrdiff_t shift = -na; shift <= nb; ++shift) least = std::min(least, distance_at(a, b, shift));
  return least;
}

std::vector<Pair> near_pairs(const std::vector<std::vector<uint16_t>>& all, double limit) {
  const std::vector<Word> words = words_of(all);
  std::map<std::pair<uint32_t, uint32_t>, double> near;
  for (size_t begin = 0, end; begin < words.size(); begin = end) {
    for (end = begin; end < words.size() && words[end].bits == words[begin].bits;) ++end;
    if (end - begin > kCommon) continue;
    for (size_t i = begin; i < end; ++i)
      for (size_t j = i + 1; j < end; ++j) {
        if (words[i].owner == words[j].owner) continue;
        const auto shift = static_cast<std::ptrdiff_t>(words[j].at) - static_cast<std::ptrdiff_t>(words[i].at);
        const double d = distance_at(all[words[i].owner], all[words[j].owner], shift);
        if (d > limit) continue;
        const auto [at, is_new] = near.try_emplace({words[i].owner, words[j].owner}, d);
        at->second = std::min(at->second, d);
      }
  }
  std::vector<Pair> pairs;
  for (const auto& [owners, d] : near) pairs.push_back({owners.first, owners.second, d});
  return pairs;
}

ImageHash image_hash(const Image& image) {
  const std::vector<float> grid = grey_grid(image, 9, 9);
  ImageHash hash{};
  for (size_t y = 0; y < 8; ++y)
    for (size_t x = 0; x < 8; ++x) {
      const uint64_t bit = uint64_t{1} << (8 * y + x);
      if (grid[9 * y + x + 1] > grid[9 * y + x]) hash[0] |= bit;
      if (grid[9 * (y + 1) + x] > grid[9 * y + x]) hash[1] |= bit;
    }
  return hash;
}

int differing_bits(const ImageHash& a, const ImageHash& b) {
  return std::popcount(a[0] ^ b[0]) + std::popcount(a[1] ^ b[1]);
}

}  // namespace mote
