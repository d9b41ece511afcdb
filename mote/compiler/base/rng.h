// The random numbers of tests, samples and `--random`: the same on every platform, unlike
// std::uniform_int_distribution.
#pragma once
#include <cstdint>

namespace mote {

class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0xD1B54A32D192ED03u) {}

  uint64_t next() {  // splitmix64 (Steele, Lea, Flood 2014)
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // A whole number from lo to hi, both included.
  int32_t pick(int32_t lo, int32_t hi) {
    return static_cast<int32_t>(
        lo + static_cast<int64_t>(next() % (static_cast<uint64_t>(static_cast<int64_t>(hi) - lo) + 1)));
  }
  double unit() { return static_cast<double>(next() >> 11) / 9007199254740992.0; }
  bool chance(double p) { return unit() < p; }

 private:
  uint64_t state_;
};

}  // namespace mote
